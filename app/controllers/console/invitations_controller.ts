import type { HttpContext } from '@adonisjs/core/http'
import { hashToken } from '#identity/opaque_tokens'
import { originOf } from '#identity/origin'
import { describeStaffSecret, enrollStaff, newStaffSecret } from '#staff/enroll'
import { invitedStaff } from '#staff/invitations'
import { enrollmentValidator, invitationValidator } from '#validators/console/staff'

/** Where the browser's session keeps the invitation that is being taken, and the secret for the app. */
const INVITATION = 'invitation'

export default class InvitationsController {
  async show({ view }: HttpContext) {
    return view.render('console/sign_in/invitation')
  }

  async store({ request, response, session }: HttpContext) {
    const { token } = await request.validateUsing(invitationValidator)
    const tokenHash = hashToken(token)
    const staff = await invitedStaff(undefined, tokenHash)
    session.clear()
    session.regenerate()
    session.put(INVITATION, { tokenHash, secret: newStaffSecret(staff) })
    return response.redirect().status(303).toPath('/console/invitation/set-up')
  }

  async edit({ response, session, view }: HttpContext) {
    const taken = session.get(INVITATION)
    if (!taken) return response.redirect().status(303).toPath('/console/invitation')
    const invited = await invitedStaff(undefined, taken.tokenHash)
    const app = await describeStaffSecret(invited, taken.secret)
    return view.render('console/sign_in/set_up', { invited, app })
  }

  async update({ request, response, session, staff, view }: HttpContext) {
    const taken = session.get(INVITATION)
    if (!taken) return response.redirect().status(303).toPath('/console/invitation')
    const given = await request.validateUsing(enrollmentValidator)
    const { token, recoveryCodes } = await enrollStaff(
      taken.tokenHash,
      { ...given, secret: taken.secret },
      originOf(request)
    )
    staff.enter(token)
    return view.render('console/sign_in/recovery_codes', { recoveryCodes, next: '/console' })
  }
}

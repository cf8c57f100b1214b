import type { HttpContext } from '@adonisjs/core/http'
import { doneAt } from '#console/acts'
import { replaceAuthenticator } from '#staff/change_factors'
import { describeStaffSecret, newStaffSecret } from '#staff/enroll'
import { authenticatorValidator } from '#validators/console/staff'

const PAGE = '/console/security'

/** Where the browser's session keeps the secret of an app that is not in force yet. */
const SECRET = 'new_authenticator'

export default class AuthenticatorsController {
  async create({ session, staff, view }: HttpContext) {
    const own = staff.getUserOrFail()
    const secret = session.get(SECRET) ?? newStaffSecret(own)
    session.put(SECRET, secret)
    return view.render('console/security/authenticator', {
      app: await describeStaffSecret(own, secret),
    })
  }

  async store(ctx: HttpContext) {
    const { request, response, session, staff } = ctx
    const secret = session.get(SECRET)
    if (!secret) return response.redirect().status(303).toPath(`${PAGE}/authenticator`)
    const { code } = await request.validateUsing(authenticatorValidator)
    await replaceAuthenticator(staff.own(), { secret, code })
    session.forget(SECRET)
    return doneAt(
      ctx,
      PAGE,
      'Codes come from your new app from now on; the old one is worth nothing.'
    )
  }
}

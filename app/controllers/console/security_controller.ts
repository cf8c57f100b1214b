import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { readSecurity } from '#console/security_page'
import { originOf } from '#identity/origin'
import { replaceStaffRecoveryCodes } from '#staff/change_factors'
import { changeStaffPassword } from '#staff/change_password'
import { endOwnOtherSessions, endOwnSession } from '#staff/end_own_sessions'
import { changePasswordValidator } from '#validators/console/staff'

const PAGE = '/console/security'

export default class SecurityController {
  async show({ staff, view }: HttpContext) {
    const { staffId, sessionId } = staff.own()
    const state = await readSecurity(db.connection(), staffId)
    return view.render('console/security/show', { ...state, sessionId })
  }

  async password({ request, response, session, staff }: HttpContext) {
    const { current_password: current, password } =
      await request.validateUsing(changePasswordValidator)
    const { sessionId } = staff.own()
    const input = { current, password }
    await changeStaffPassword(staff.getUserOrFail(), sessionId, input, originOf(request))
    session.flash('done', 'Your password is changed. All your other sessions have ended.')
    return response.redirect().status(303).toPath(PAGE)
  }

  async recoveryCodes({ staff, view }: HttpContext) {
    const recoveryCodes = await replaceStaffRecoveryCodes(staff.own())
    return view.render('console/sign_in/recovery_codes', { recoveryCodes, next: PAGE })
  }

  async endSession({ params, response, session, staff }: HttpContext) {
    await endOwnSession(staff.own(), params.id)
    session.flash('done', 'That session has ended.')
    return response.redirect().status(303).toPath(PAGE)
  }

  async endOthers({ response, session, staff }: HttpContext) {
    await endOwnOtherSessions(staff.own())
    session.flash('done', 'You are signed out everywhere but here.')
    return response.redirect().status(303).toPath(PAGE)
  }
}

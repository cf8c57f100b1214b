import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { actOf, doneAt } from '#console/acts'
import { readUser, readUserAudit } from '#console/user_page'
import { readUsers } from '#console/users_page'
import { endSessionsForUser } from '#identity/end_sessions_for_user'
import { letUserBack } from '#identity/let_user_back'
import { resetMfa } from '#identity/mfa/reset'
import { suspendUser } from '#identity/suspend_user'
import { verifyForUser } from '#identity/verify_for_user'
import type { Act } from '#audit/record_audit'
import { roleMay } from '#staff/roles'
import { USER_STATES, usersFilter } from '#validators/console/people'
import { USER_TYPES } from '#models/user'

export default class UsersController {
  async index({ request, view }: HttpContext) {
    const query = await usersFilter.validate(request.qs())
    const page = await readUsers(db.connection(), query)
    return view.render('console/users/index', {
      page,
      query,
      roles: USER_TYPES,
      states: USER_STATES,
    })
  }

  async show({ params, staff, view }: HttpContext) {
    const page = await readUser(db.connection(), params.id)
    const mayAudit = roleMay(staff.getUserOrFail().role, 'audit.read')
    const audit = mayAudit ? await readUserAudit(db.connection(), params.id) : undefined
    return view.render('console/users/show', { ...page, audit })
  }

  async verify(ctx: HttpContext) {
    return carryOut(ctx, verifyForUser, 'Their e-mail address counts as verified.')
  }

  async suspend(ctx: HttpContext) {
    return carryOut(
      ctx,
      suspendUser,
      'They are signed out and suspended; what they are paid waits.'
    )
  }

  async letBack(ctx: HttpContext) {
    return carryOut(ctx, letUserBack, 'They can sign in again, and what waited for them is sent.')
  }

  async resetMfa(ctx: HttpContext) {
    return carryOut(
      ctx,
      resetMfa,
      'They sign in without a code now, and are signed out everywhere.'
    )
  }

  async endSessions(ctx: HttpContext) {
    return carryOut(ctx, endSessionsForUser, 'They are signed out everywhere.')
  }
}

/** One action on a user, for a reason; then their page. */
async function carryOut(
  ctx: HttpContext,
  operation: (userId: string, act: Act) => Promise<void>,
  done: string
) {
  const { id } = ctx.params
  await operation(id, await actOf(ctx))
  return doneAt(ctx, `/console/users/${id}`, done)
}

import type { HttpContext } from '@adonisjs/core/http'
import { givenFactor, offerFactors } from '#console/factor_form'
import { safePath } from '#console/safe_path'
import { originOf } from '#identity/origin'
import { giveStaffFactor, giveStaffPassword, pendingStaff } from '#staff/sign_in'
import { factorValidator, passwordStepValidator } from '#validators/console/staff'

/** Where the browser's session keeps who has given the password, and where they want to go. */
const PENDING = 'pending_sign_in'

export default class SignInController {
  async create({ request, response, staff, view }: HttpContext) {
    const next = safePath(request.qs().next)
    if (await staff.check()) return response.redirect().status(303).toPath(next)
    return view.render('console/sign_in/password', { next })
  }

  async store({ request, response, session }: HttpContext) {
    const { email, password, next } = await request.validateUsing(passwordStepValidator)
    const pending = await giveStaffPassword(email, password, originOf(request))
    session.regenerate()
    session.put(PENDING, { ...pending, next: safePath(next) })
    return response.redirect().status(303).toPath('/console/sign-in/code')
  }

  async factor(ctx: HttpContext) {
    const half = await pendingStaff(ctx.session.get(PENDING))
    if (!half) {
      ctx.session.reflash()
      return ctx.response.redirect().status(303).toPath('/console/sign-in')
    }
    const { passkey } = await offerFactors(ctx, half.id)
    const action = '/console/sign-in/code'
    return ctx.view.render('console/sign_in/factor', { passkey, action, button: 'Sign in' })
  }

  async complete(ctx: HttpContext) {
    const { request, response, session, staff } = ctx
    const given = givenFactor(ctx, await request.validateUsing(factorValidator))
    const pending = session.get(PENDING)
    const { token } = await giveStaffFactor(pending, given, originOf(request))
    staff.enter(token)
    return response.redirect().status(303).toPath(safePath(pending.next))
  }

  async destroy({ response, staff }: HttpContext) {
    await staff.signOut()
    // What the browser keeps of the pages goes as well, also on a machine that others use.
    response.header('clear-site-data', '"cache", "storage"')
    return response.redirect().status(303).toPath('/console/sign-in')
  }
}

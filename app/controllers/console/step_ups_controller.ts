import type { HttpContext } from '@adonisjs/core/http'
import { givenFactor, offerFactors } from '#console/factor_form'
import { safePath } from '#console/safe_path'
import { flashTyped } from '#console/typed_values'
import { originOf } from '#identity/origin'
import { stepUp } from '#staff/step_up'
import { factorValidator } from '#validators/console/staff'

export default class StepUpsController {
  async show(ctx: HttpContext) {
    const next = safePath(ctx.request.qs().next)
    const { passkey } = await offerFactors(ctx, ctx.staff.getUserOrFail().id)
    const action = '/console/step-up'
    return ctx.view.render('console/sign_in/step_up', { next, passkey, action, button: 'Go on' })
  }

  async store(ctx: HttpContext) {
    const { request, response, staff } = ctx
    const input = await request.validateUsing(factorValidator)
    const given = givenFactor(ctx, input)
    await stepUp(staff.getUserOrFail(), staff.session!.id, given, originOf(request))
    const next = safePath(input.next)
    flashTyped(ctx, next)
    return response.redirect().status(303).toPath(next)
  }
}

import type { HttpContext } from '@adonisjs/core/http'
import { keepChallenge, readPasskey, takeChallenge } from '#console/factor_form'
import { addPasskey, removePasskey } from '#staff/change_factors'
import { passkeyToMake } from '#staff/passkeys'
import { passkeyValidator } from '#validators/console/staff'

const PAGE = '/console/security'

export default class PasskeysController {
  async create(ctx: HttpContext) {
    const options = await passkeyToMake(ctx.staff.getUserOrFail())
    keepChallenge(ctx, options.challenge)
    return ctx.view.render('console/security/passkey', { options: JSON.stringify(options) })
  }

  async store(ctx: HttpContext) {
    const { request, response, session, staff } = ctx
    const { name, passkey } = await request.validateUsing(passkeyValidator)
    const made = { response: readPasskey(passkey), challenge: takeChallenge(ctx), name }
    await addPasskey(staff.own(), made)
    session.flash('done', `${name} is a second factor of yours from now on.`)
    return response.redirect().status(303).toPath(PAGE)
  }

  async destroy({ params, response, session, staff }: HttpContext) {
    await removePasskey(staff.own(), params.id)
    session.flash('done', 'That passkey is taken no more.')
    return response.redirect().status(303).toPath(PAGE)
  }
}

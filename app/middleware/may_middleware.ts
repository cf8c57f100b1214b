import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { pageOfForm } from '#console/safe_path'
import { keepTyped } from '#console/typed_values'
import { forbidden } from '#exceptions/problem'
import { ACTIONS, roleMay, type StaffAction } from '#staff/roles'

/**
 * Lets through whose role may do it. Every route of the console names its line of the table of actions. What
 * moves money or trust takes the second factor of just now: whoever gave it too long ago is led to give it
 * anew, and from there back to the page; a form is not taken meanwhile, and shown again as it was filled in.
 */
export default class MayMiddleware {
  handle(ctx: HttpContext, next: NextFn, { action }: { action: StaffAction }) {
    const { request, response, staff, session } = ctx
    const { about, roles, stepUp } = ACTIONS[action]
    if (!roleMay(staff.getUserOrFail().role, action)) {
      throw forbidden(`To ${about}, one has to be ${roles.join(' or ')}.`)
    }
    if (!stepUp || staff.isSteppedUp) return next()

    const isForm = request.method() !== 'GET' && request.method() !== 'HEAD'
    const page = isForm ? (pageOfForm(request) ?? '/console') : request.url(true)
    if (isForm) {
      keepTyped(ctx, page)
      session.flash('refused', 'Nothing has been done yet. Give your second factor first.')
    }
    return response.redirect().status(303).withQs({ next: page }).toPath('/console/step-up')
  }
}

import type { HttpContext } from '@adonisjs/core/http'
import type { Act } from '#audit/record_audit'
import { reasonValidator } from '#validators/console/settings'

/** Who acts and why, of a form that asks for no more. */
export async function actOf({ request, staff }: HttpContext): Promise<Act> {
  const { reason } = await request.validateUsing(reasonValidator)
  return staff.act(reason)
}

/** Leads to a page which says what was done, and what was refused. */
export function doneAt(
  { response, session }: HttpContext,
  path: string,
  done: string,
  refused = ''
) {
  if (done) session.flash('done', done)
  if (refused) session.flash('refused', refused)
  return response.redirect().status(303).toPath(path)
}

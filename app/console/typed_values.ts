import type { HttpContext } from '@adonisjs/core/http'

const KEPT = 'typed_before_step_up'

/** Fields that are never kept, nor shown again. */
export const SECRETS = ['password', 'current_password', 'code', 'recovery_code', 'passkey', '_csrf']

/** Keeps what was typed into a form that was not taken yet, until its page is shown again. */
export function keepTyped({ request, session }: HttpContext, page: string): void {
  session.put(KEPT, { page, values: request.except(SECRETS) })
}

/** Shows what was kept for a page again, where the form left it. */
export function flashTyped({ session }: HttpContext, page: string): void {
  const kept = session.pull(KEPT)
  if (kept?.page !== page) return
  session.flash(kept.values)
  session.flash(
    'done',
    'Thank you. Nothing has been done yet: look at the form again, and send it.'
  )
}

import type { HttpContext } from '@adonisjs/core/http'
import { requestVerification } from '#audit/request_verification'
import { actOf, doneAt } from '#console/acts'
import { lastVerification, listAudit, readAuditLine } from '#console/audit_page'
import { AUDIT_ACTORS, auditFilters } from '#validators/console/audit'

export default class AuditController {
  async index({ request, staff, view }: HttpContext) {
    const query = await request.validateUsing(auditFilters, { data: request.qs() })
    return view.render('console/audit/index', {
      query,
      page: await listAudit(query, staff.getUserOrFail().role),
      verdict: await lastVerification(),
      actors: AUDIT_ACTORS,
    })
  }

  async show({ params, staff, view }: HttpContext) {
    const { role } = staff.getUserOrFail()
    return view.render('console/audit/show', { line: await readAuditLine(params.id, role) })
  }

  async verify(ctx: HttpContext) {
    const started = await requestVerification(await actOf(ctx))
    const done = started
      ? 'A job verifies the whole log; its verdict appears here.'
      : 'A verification waits for its turn already.'
    return doneAt(ctx, '/console/audit', done)
  }
}

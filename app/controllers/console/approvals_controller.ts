import type { HttpContext } from '@adonisjs/core/http'
import { approve } from '#approvals/approve'
import { refuse } from '#approvals/refuse'
import { withdraw } from '#approvals/withdraw'
import { doneAt } from '#console/acts'
import { listApprovals, readApproval } from '#console/approvals_page'
import { APPROVAL_KINDS } from '#models/approval'
import {
  APPROVAL_STATUSES,
  approvalsFilters,
  approveValidator,
} from '#validators/console/approvals'
import { reasonValidator } from '#validators/console/settings'

export default class ApprovalsController {
  async index({ request, staff, view }: HttpContext) {
    const query = await request.validateUsing(approvalsFilters, { data: request.qs() })
    return view.render('console/approvals/index', {
      query,
      page: await listApprovals(query, staff.getUserOrFail()),
      statuses: APPROVAL_STATUSES,
      kinds: APPROVAL_KINDS,
    })
  }

  async show({ params, staff, view }: HttpContext) {
    const found = await readApproval(params.id, staff.getUserOrFail())
    return view.render('console/approvals/show', found)
  }

  async approve(ctx: HttpContext) {
    const { hash } = await ctx.request.validateUsing(approveValidator)
    await approve(ctx.params.id, { by: ctx.staff.getUserOrFail().id, hash })
    return back(ctx, 'Approved, and done.')
  }

  async refuse(ctx: HttpContext) {
    const { reason } = await ctx.request.validateUsing(reasonValidator)
    await refuse(ctx.params.id, { by: ctx.staff.getUserOrFail().id, reason })
    return back(ctx, 'Refused. Nothing has happened.')
  }

  async withdraw(ctx: HttpContext) {
    await withdraw(ctx.params.id, { by: ctx.staff.getUserOrFail().id })
    return back(ctx, 'Withdrawn. Nothing has happened.')
  }
}

function back(ctx: HttpContext, done: string) {
  return doneAt(ctx, `/console/approvals/${ctx.params.id}`, done)
}

import type { HttpContext } from '@adonisjs/core/http'
import { approve } from '#approvals/approve'
import { refuse } from '#approvals/refuse'
import { withdraw } from '#approvals/withdraw'
import { doneAt } from '#console/acts'
import { readDispute } from '#console/dispute_page'
import { listDisputes } from '#console/disputes_page'
import { proposeDecision } from '#escrow/disputes/propose_decision'
import { DISPUTE_STATUSES } from '#models/dispute'
import {
  approvalValidator,
  decisionValidator,
  DISPUTE_ORDERS,
  disputesFilters,
  refusalValidator,
  splitValidator,
} from '#validators/console/disputes'

export default class DisputesController {
  async index({ request, view }: HttpContext) {
    const query = await request.validateUsing(disputesFilters, { data: request.qs() })
    const page = await listDisputes(query)
    return view.render('console/disputes/index', {
      query,
      page,
      statuses: DISPUTE_STATUSES,
      orders: DISPUTE_ORDERS,
    })
  }

  async show({ params, request, view }: HttpContext) {
    const query = await splitValidator.validate(request.qs())
    const shown = await readDispute(params.id, query.to_freelancer, query.after)
    return view.render('console/disputes/show', { ...shown, query })
  }

  /** The part of the page that changes with the split. */
  async preview({ params, request, view }: HttpContext) {
    const { to_freelancer: split } = await splitValidator.validate(request.qs())
    return view.render('console/disputes/preview', await readDispute(params.id, split))
  }

  async decide(ctx: HttpContext) {
    const form = await ctx.request.validateUsing(decisionValidator)
    const { approval } = await proposeDecision(ctx.params.id, {
      by: ctx.staff.getUserOrFail().id,
      toFreelancer: form.to_freelancer,
      reason: form.reason,
      version: BigInt(form.version),
    })
    return back(
      ctx,
      approval
        ? 'Proposed. Nothing moves before a second person has approved it.'
        : 'Settled. Payout and refund are on their way.'
    )
  }

  async approve(ctx: HttpContext) {
    const { approval, hash } = await ctx.request.validateUsing(approvalValidator)
    await approve(approval, { by: ctx.staff.getUserOrFail().id, hash })
    return back(ctx, 'Approved and settled. Payout and refund are on their way.')
  }

  async refuse(ctx: HttpContext) {
    const { approval, reason } = await ctx.request.validateUsing(refusalValidator)
    await refuse(approval, { by: ctx.staff.getUserOrFail().id, reason })
    return back(ctx, 'Refused. The dispute waits for another decision.')
  }

  async withdraw(ctx: HttpContext) {
    const { approval, reason } = await ctx.request.validateUsing(refusalValidator)
    await withdraw(approval, { by: ctx.staff.getUserOrFail().id, reason })
    return back(ctx, 'Withdrawn. The dispute waits for another decision.')
  }
}

function back(ctx: HttpContext, done: string) {
  return doneAt(ctx, `/console/disputes/${ctx.params.id}`, done)
}

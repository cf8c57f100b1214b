import type { HttpContext } from '@adonisjs/core/http'
import { propose } from '#approvals/propose'
import { actOf, doneAt } from '#console/acts'
import { toldOf } from '#console/claw_back_words'
import { proposeAdoption } from '#console/propose_adoption'
import { proposeFreeCorrection } from '#console/propose_correction'
import { recordMovement } from '#console/record_movement'
import { readTreasury } from '#console/treasury_page'
import { clawBack } from '#escrow/chargebacks/claw_back'
import { debtWriteOff } from '#escrow/chargebacks/write_off_debt'
import { refundPaidByHand } from '#escrow/pay_refund_by_hand'
import { retryRefund } from '#escrow/retry_refund'
import { freeCorrectionValidator } from '#validators/console/reconciliation'
import {
  adoptionValidator,
  debtValidator,
  movementValidator,
  paidByHandValidator,
  treasuryPage,
} from '#validators/console/treasury'

export default class TreasuryController {
  async show({ request, view }: HttpContext) {
    const query = await treasuryPage.validate(request.qs())
    return view.render('console/treasury/show', { ...(await readTreasury(query)), query })
  }

  async record(ctx: HttpContext) {
    const { reason, ...movement } = await ctx.request.validateUsing(movementValidator)
    const isNew = await recordMovement(movement, ctx.staff.act(reason))
    const { reference } = movement
    return back(
      ctx,
      isNew ? `${reference} is booked.` : `${reference} was booked before; nothing moved.`
    )
  }

  async retryRefund(ctx: HttpContext) {
    const id = await retryRefund(ctx.params.id, await actOf(ctx))
    return back(ctx, `${id} is sent now. If its rail refuses it again, it comes back to this list.`)
  }

  async payByHand(ctx: HttpContext) {
    const { reason, ...content } = await ctx.request.validateUsing(paidByHandValidator)
    await propose(refundPaidByHand, { subjectId: ctx.params.id, content, by: by(ctx), reason })
    return proposed(ctx)
  }

  async adopt(ctx: HttpContext) {
    const { reason, milestone, ...there } = await ctx.request.validateUsing(adoptionValidator)
    await proposeAdoption(milestone, there, { by: by(ctx), reason })
    return proposed(ctx)
  }

  async clawBack(ctx: HttpContext) {
    const { reason, ...input } = await ctx.request.validateUsing(debtValidator)
    const rows = await clawBack(ctx.params.id, input, ctx.staff.act(reason))
    const [refused, others] = toldOf(rows)
    return back(ctx, others, refused)
  }

  async writeOff(ctx: HttpContext) {
    const { reason, amount } = await ctx.request.validateUsing(debtValidator)
    const content = { amount }
    await propose(debtWriteOff, { subjectId: ctx.params.id, content, by: by(ctx), reason })
    return proposed(ctx)
  }

  async correct(ctx: HttpContext) {
    const {
      reason,
      form_id: id,
      ...wanted
    } = await ctx.request.validateUsing(freeCorrectionValidator)
    await proposeFreeCorrection(id, wanted, { by: by(ctx), reason })
    return proposed(ctx)
  }
}

const by = ({ staff }: HttpContext) => staff.getUserOrFail().id

const back = (ctx: HttpContext, done: string, refused?: string) =>
  doneAt(ctx, '/console/treasury', done, refused)

const proposed = (ctx: HttpContext) =>
  back(ctx, 'Proposed. Nothing is done until somebody else approves it at Approvals.')

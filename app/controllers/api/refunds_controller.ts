import type { HttpContext } from '@adonisjs/core/http'
import { acceptRefund, declineRefund } from '#escrow/answer_refund'
import { withIdempotency, type Answer } from '#escrow/idempotency'
import { bindTo } from '#escrow/intent'
import { withWhatIsOwed } from '#escrow/owed_refunds'
import { requestRefund } from '#escrow/request_refund'
import { visibleMilestone } from '#escrow/visible'
import { refundsVisibleTo, visibleRefund } from '#escrow/visible_payments'
import { assertVerified } from '#identity/verified'
import type User from '#models/user'
import { readPage } from '#transformers/page'
import RefundRequestTransformer from '#transformers/refund_request_transformer'
import { serialize, serializePage } from '#transformers/serialize'
import { listRefundsValidator, refundValidator } from '#validators/payment'

export default class RefundsController {
  async index({ auth, request }: HttpContext) {
    const query = await listRefundsValidator.validate(request.qs())
    const refunds = refundsVisibleTo(auth.getUserOrFail())
    if (query.milestone_id) {
      const milestone = await visibleMilestone(auth.getUserOrFail(), query.milestone_id)
      refunds.where('milestone_id', milestone.id)
    }
    const page = await readPage(refunds, query)
    const rows = await withWhatIsOwed(page.rows)
    return serializePage(RefundRequestTransformer.transform(rows), page)
  }

  async show({ auth, params }: HttpContext) {
    const refund = await visibleRefund(auth.getUserOrFail(), params.id)
    return serialize(RefundRequestTransformer.transform(refund))
  }

  async store(ctx: HttpContext) {
    const user = ctx.auth.getUserOrFail()
    assertVerified(user)
    const wanted = await ctx.request.validateUsing(refundValidator)
    const milestone = await visibleMilestone(user, wanted.milestone_id)
    return withIdempotency(ctx, {
      run: async (claim) => {
        const refund = await requestRefund(milestone.id, {
          by: user,
          amount: wanted.amount,
          reason: wanted.reason,
          bind: bindTo(claim),
        })
        return refundAnswer(user, refund.id, 201)
      },
      resume: (id) => refundAnswer(user, id, 201),
    })
  }

  async accept(ctx: HttpContext) {
    const user = ctx.auth.getUserOrFail()
    assertVerified(user)
    const { id } = await visibleRefund(user, ctx.params.id)
    return withIdempotency(ctx, {
      run: async (claim) => {
        await acceptRefund(id, { by: user, bind: bindTo(claim) })
        return refundAnswer(user, id, 200)
      },
      resume: () => refundAnswer(user, id, 200),
    })
  }

  async decline({ auth, params }: HttpContext) {
    const user = auth.getUserOrFail()
    assertVerified(user)
    const { id } = await visibleRefund(user, params.id)
    await declineRefund(id, { by: user })
    return serialize(RefundRequestTransformer.transform(await visibleRefund(user, id)))
  }
}

async function refundAnswer(user: User, id: string, status: number): Promise<Answer> {
  const refund = await visibleRefund(user, id)
  return { status, body: await serialize(RefundRequestTransformer.transform(refund)) }
}

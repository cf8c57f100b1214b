import type { HttpContext } from '@adonisjs/core/http'
import { chooseEqualSplit, takeBackEqualSplit } from '#escrow/disputes/equal_split'
import { visibleDispute } from '#escrow/disputes/visible_disputes'
import { withIdempotency } from '#escrow/idempotency'
import { bindTo } from '#escrow/intent'
import { assertVerified } from '#identity/verified'
import { describeDispute, disputeAnswer } from '#transformers/describe'

export default class EqualSplitsController {
  async store(ctx: HttpContext) {
    const by = ctx.auth.getUserOrFail()
    assertVerified(by)
    const { id } = await visibleDispute(by, ctx.params.id)
    return withIdempotency(ctx, {
      run: async (claim) => {
        await chooseEqualSplit(id, { by, bind: bindTo(claim) })
        return disputeAnswer(by, id)
      },
      resume: () => disputeAnswer(by, id),
    })
  }

  async destroy({ auth, params }: HttpContext) {
    const by = auth.getUserOrFail()
    const { id } = await visibleDispute(by, params.id)
    await takeBackEqualSplit(id, { by })
    return describeDispute(by, id)
  }
}

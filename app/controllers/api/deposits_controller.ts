import type { HttpContext } from '@adonisjs/core/http'
import { fundMilestones } from '#escrow/fund_milestones'
import { withIdempotency, type Answer } from '#escrow/idempotency'
import { bindTo } from '#escrow/intent'
import { assertNotDeclined, sendDeposit } from '#escrow/send_deposit'
import { visibleMilestones, visibleTransaction } from '#escrow/visible_payments'
import { assertVerified } from '#identity/verified'
import type User from '#models/user'
import TransactionTransformer from '#transformers/transaction_transformer'
import { serialize } from '#transformers/serialize'
import { depositValidator } from '#validators/payment'

export default class DepositsController {
  /** 201 with how to pay; 202 while the provider's answer is unknown: the transaction's GET brings it. */
  async store(ctx: HttpContext) {
    const user = ctx.auth.getUserOrFail()
    assertVerified(user)
    const wanted = await ctx.request.validateUsing(depositValidator)
    await visibleMilestones(user, wanted.milestone_ids)
    return withIdempotency(ctx, {
      run: async (claim) => {
        const sent = await fundMilestones({
          by: user,
          milestoneIds: wanted.milestone_ids,
          paymentProvider: wanted.payment_provider,
          method: wanted.method,
          returnUrl: wanted.return_url,
          bind: bindTo(claim),
        })
        return answer(user, sent)
      },
      resume: async (id) => answer(user, await sendDeposit(id)),
      refresh: async (_, id) => {
        const { body } = await answer(user, await sendDeposit(id!))
        return body
      },
    })
  }
}

async function answer(
  user: User,
  { transaction: { id }, clientAction }: Awaited<ReturnType<typeof sendDeposit>>
): Promise<Answer> {
  const transaction = await visibleTransaction(user, id)
  assertNotDeclined(transaction)
  const unknown = transaction.status === 'pending' && !clientAction
  return {
    status: unknown ? 202 : 201,
    body: await serialize(TransactionTransformer.transform(transaction, clientAction)),
  }
}

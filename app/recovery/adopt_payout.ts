import { validate as isUuid } from 'uuid'
import type { Act } from '#audit/record_audit'
import { notFound, wrongState } from '#exceptions/problem'
import { Money } from '#ledger/money'
import Payout from '#models/payout'
import PayoutAccount from '#models/payout_account'
import Transaction from '#models/transaction'
import { ProviderFailure, type ProviderMovement } from '#payments/provider'
import { providerFor } from '#payments/registry'
import { adoptMovement, another } from './adopt_movement.js'
import { openRecovery } from './find_unrecovered.js'

/**
 * Books a payout as the payment that the provider made for it already: for a release that was approved after the
 * backup, and once more after the restore. The payment names a transaction that is lost, so nothing but this
 * could tell that the two are one; and nothing is sent for it any more.
 *
 * Only while a recovery is open, and only a payment to an account of the same freelancer, of the same amount. It
 * may be under way still: the payout is in transit then, and ends as the payment does. One that failed moved
 * nothing, so there is nothing to adopt.
 *
 * @param payoutId the payout that waits
 * @param providerId what the provider calls its payment (PayPal: the batch)
 * @throws Problem 404; 409 `not_recovering`, `wrong_state` for a payout that does not wait, `payment_failed`,
 *   `another_payment` for one of another amount or recipient, or that a transaction has, or that no provider shows
 */
export async function adoptPayout(payoutId: string, providerId: string, act: Act): Promise<void> {
  await openRecovery()
  const payout = isUuid(payoutId) ? await Payout.find(payoutId) : null
  if (!payout) throw notFound('payout')
  const wanted = await Transaction.findOrFail(payoutId)
  const { account, movement, provider } = await findPayment(payout.userId, wanted, providerId)
  if (movement.state === 'failed') {
    throw wrongState(
      `${providerId} failed at the provider and moved nothing; leave the payout, it is sent when the recovery ends.`,
      'waiting',
      { code: 'payment_failed' }
    )
  }
  await adoptMovement({ payoutId, account, provider, movement, act })
}

/** The payment as the provider has it, and the account of the freelancer that it went to. */
async function findPayment(userId: string, wanted: Transaction, providerId: string) {
  const amount = Money.of(wanted.amount, wanted.currency)
  const accounts = await PayoutAccount.query().where('user_id', userId)
  let movement: ProviderMovement | undefined
  let noAnswer = ''
  for (const account of accounts) {
    const provider = providerFor(account.paymentProvider)
    try {
      movement = await provider.getPayout(providerId)
    } catch (error) {
      // Another rail's id, or no answer: a record that is not shown is no proof that there is none.
      if (!(error instanceof ProviderFailure)) throw error
      noAnswer += ` ${provider.name}: ${error.message}`
      continue
    }
    if (movement.destination !== account.destination) continue
    if (!movement.amount.equals(amount)) {
      throw another(`${providerId} is ${movement.amount}, and the payout ${amount}.`)
    }
    return { account, provider, movement }
  }
  throw another(
    movement
      ? `${providerId} went to ${movement.destination}, which is no payout account of this freelancer.`
      : `No provider of this freelancer's payout accounts shows ${providerId}.${noAnswer}`
  )
}

import { validate as isUuid } from 'uuid'
import type { Act } from '#audit/record_audit'
import { notFound, wrongState } from '#exceptions/problem'
import { Money } from '#ledger/money'
import Payout from '#models/payout'
import PayoutAccount from '#models/payout_account'
import Transaction from '#models/transaction'
import {
  attemptOf,
  ProviderFailure,
  type Provider,
  type ProviderMovement,
} from '#payments/provider'
import { offeredProviders, offeredRails, providerFor, providerOfRail } from '#payments/registry'
import { adoptMovement, another } from './adopt_movement.js'
import { findPaymentOf } from './book_earlier_payment.js'
import { openRecovery } from './find_unrecovered.js'
import { readPayment } from './read_payment.js'

export interface Adopted {
  /** It was adopted before; what the payment became since is booked. */
  already: boolean
  /** The payment has arrived; if not, it is booked when it has. */
  arrived: boolean
}

/**
 * Books a payout as the payment that the provider made for it already, of two kinds:
 *
 * - of a release that was approved after the backup, and once more after the restore. The payment names a
 *   transaction that is lost, so nothing but this could tell that the two are one;
 * - of a payout that was in transit in the backup, came to nothing there, and was paid by another rail since. Its
 *   payment names it, under a key of a later attempt; and its rail of then has to say for certain that it failed
 *   or that there is none. What that rail does not know is never taken for failed.
 *
 * Nothing is sent for it any more. Only while a recovery is open, and only a payment of the same amount, to an
 * account of the same freelancer unless it names the payout. It may be under way still: the payout is in transit
 * then, and ends as the payment does. One that failed moved nothing, so there is nothing to adopt.
 *
 * Repeating it changes nothing.
 *
 * @param payoutId the payout that waits
 * @param name what the provider calls its payment (PayPal: the batch, or its transaction)
 * @param recipient where the payment went, if these books have lost that it is an account of the freelancer: whoever
 *   acts answers for it
 * @throws Problem 404; 409 `not_recovering`, `wrong_state` for a payout that does not wait, `payment_failed`,
 *   `another_payment` for one of another amount or recipient, or that a transaction has, or that no provider shows;
 *   `not_over`, `unknown_outcome` for one in transit by another rail
 */
export async function adoptPayout(
  payoutId: string,
  name: string,
  act: Act,
  { recipient }: { recipient?: string } = {}
): Promise<Adopted> {
  const { begun_at: begunAt } = await openRecovery()
  const payout = isUuid(payoutId) ? await Payout.find(payoutId) : null
  if (!payout) throw notFound('payout')
  const wanted = await Transaction.findOrFail(payoutId)
  const found = await findPayment(payout, wanted, name, recipient)
  const { movement, provider } = found
  if (movement.state === 'failed') {
    throw wrongState(
      `${name} failed at the provider and moved nothing; leave the payout, it is sent when the recovery ends.`,
      'waiting',
      { code: 'payment_failed' }
    )
  }
  const elsewhere = payout.state === 'in_transit' && wanted.rail !== provider.rail
  const back = elsewhere ? await findEnd(wanted, movement, begunAt) : undefined
  const outcome = await adoptMovement({
    payoutId,
    ...found,
    act,
    over: elsewhere ? wanted : undefined,
    ended: back && [{ rail: wanted.rail, movement: back }],
  })
  return { already: outcome === 'already', arrived: movement.state !== 'pending' }
}

interface Found {
  /** The account of the freelancer that it went to; undefined if these books do not have it. */
  account?: PayoutAccount
  movement: ProviderMovement
  provider: Provider
}

/** The payment as the provider has it. */
async function findPayment(
  payout: Payout,
  wanted: Transaction,
  name: string,
  recipient?: string
): Promise<Found> {
  const amount = Money.of(wanted.amount, wanted.currency)
  const accounts = await PayoutAccount.query().where('user_id', payout.userId)
  let wentTo = ''
  let noAnswer = ''
  for (const rail of offeredRails()) {
    let movement: ProviderMovement
    try {
      movement = await readPayment(providerOfRail(rail), name)
    } catch (error) {
      // Another rail's id, or no answer: a record that is not shown is no proof that there is none.
      if (!(error instanceof ProviderFailure)) throw error
      noAnswer += ` ${rail}: ${error.message}`
      continue
    }
    const onRail = offeredProviders().filter((each) => each.rail === rail)
    const account = accounts.find(
      ({ paymentProvider, destination }) =>
        destination === movement.destination && onRail.some((each) => each.name === paymentProvider)
    )
    const isNamed = movement.destination !== undefined && movement.destination === recipient
    if (!account && !isNamed && movement.transactionId !== wanted.id) {
      wentTo = movement.destination ?? 'nobody whom the provider names'
      continue
    }
    if (!account && isNamed) await assertNobodyElses(recipient, onRail, payout.userId)
    if (!movement.amount.equals(amount)) {
      throw another(`${name} is ${movement.amount}, and the payout ${amount}.`)
    }
    const provider = account ? providerFor(account.paymentProvider) : providerOfRail(rail)
    return { account, provider, movement }
  }
  throw another(
    wentTo
      ? `${name} went to ${wentTo}, which is no payout account of this freelancer here. If they named it after the backup, as they or the provider can show, repeat this with --recipient ${wentTo}.`
      : `No provider shows ${name}.${noAnswer} If it is PayPal's, take in its news first (inbox:backfill paypal), or name the batch.`
  )
}

/** What somebody else is paid at can be no account that these books have lost. */
async function assertNobodyElses(destination: string, onRail: Provider[], userId: string) {
  const theirs = await PayoutAccount.query()
    .where({ destination })
    .whereIn(
      'payment_provider',
      onRail.map((each) => each.name)
    )
    .whereNot('user_id', userId)
    .first()
  if (theirs) throw another(`${destination} is a payout account of somebody else.`)
}

/**
 * Of a payout in transit: that it came to nothing there, before its payment by another rail was made.
 *
 * Nothing was sent for it since the backup, nor is while the recovery is open; so what its rail says now is its
 * last word. And who made the payment had that word, too: else it would be of the same attempt.
 *
 * @returns how it failed there; undefined if that rail certainly has none
 */
async function findEnd(
  wanted: Transaction,
  movement: ProviderMovement,
  begunAt: Date
): Promise<ProviderMovement | undefined> {
  const { id, rail, attempt, sentAt, lastSendAt } = wanted
  const refuse = (why: string, code: string) =>
    wrongState(`This payout is in transit on ${rail}. ${why}`, 'in_transit', { code })
  const later = attemptOf(id, movement.key)
  if (movement.transactionId !== id || later === undefined || later <= attempt) {
    throw refuse(
      `${movement.id} is not the payment of a later attempt of it, so it may have been paid twice: compare both records (docs/runbook.md, "Somebody was paid wrongly").`,
      'not_over'
    )
  }
  if ([sentAt, lastSendAt].some((at) => at && at.toJSDate() > begunAt)) {
    throw refuse('It was sent since the recovery began, so it is none of the backup.', 'not_over')
  }
  let there: ProviderMovement | undefined
  try {
    there = await findPaymentOf(providerFor(wanted.paymentProvider), wanted, begunAt)
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error
    throw refuse(
      `What became of it there, ${rail} cannot say now (${error.message}). Repeat this when it can; what is unknown does not count as failed.`,
      'unknown_outcome'
    )
  }
  if (!there || there.state === 'failed') return there
  throw refuse(
    there.state === 'pending'
      ? `${there.id} may still be paid there: cancel it there or wait for its end, then repeat this.`
      : `${there.id} ${there.state} there, and ${movement.id} was paid, too: see docs/runbook.md, "Somebody was paid wrongly".`,
    'not_over'
  )
}

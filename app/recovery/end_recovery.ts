import { inTransaction } from '#database/transaction'
import { recordAudit, type Act } from '#audit/record_audit'
import type { LostMovement } from '#backup/lost_movements'
import { wrongState } from '#exceptions/problem'
import PayoutAccount from '#models/payout_account'
import { ProviderFailure } from '#payments/provider'
import { offeredProviders, offeredRails, providerOfRail } from '#payments/registry'
import { findUnrecovered, openRecovery } from '#recovery/find_unrecovered'
import type { Tolerated } from '#recovery/hold_possible_second'
import { readPayment } from '#recovery/read_payment'

export interface EndRecovery {
  /**
   * Ids of movements at the providers that may stay missing: somebody answers for each. What might pay one of
   * them a second time is held.
   */
  tolerated?: readonly string[]
  /** Somebody has looked whether there is more than the providers list yet. */
  despiteLag?: boolean
}

/**
 * Lets money leave again, once the books have everything that the providers did since the backup. A deposit or refund
 * that the backup knows of is no reason to wait: it can have gone by its own rail only, and is looked up there. A
 * payout may have gone by another rail than it would go by now, so the books must have each as sent.
 *
 * @throws Problem 409 `not_recovering`; `not_listed_yet`; `not_recovered` while something is missing
 */
export async function endRecovery(
  act: Act,
  { tolerated = [], despiteLag = false }: EndRecovery = {}
): Promise<void> {
  const { id, begun_at: begunAt } = await openRecovery()
  const lagMs = Math.max(
    ...offeredRails().map((rail) => providerOfRail(rail).balanceTransactionLagMs)
  )
  const listed = new Date(begunAt.getTime() + lagMs)
  if (listed > new Date() && !despiteLag) {
    throw wrongState(
      `What the providers did just before the recovery began may not be in their lists before ${listed.toISOString()}. Wait until then, or look at their own pages and end it with --despite-lag.`,
      'recovering',
      { code: 'not_listed_yet' }
    )
  }
  const { lost, broken } = await findUnrecovered()
  const isTolerated = ({ id: row, source }: LostMovement) =>
    tolerated.includes(row) || tolerated.includes(source)
  const left = lost.filter(
    (each) => !(each.kind === 'payout' ? each.sent : each.known) && !isTolerated(each)
  )
  if (left.length > 0 || broken.length > 0) {
    throw wrongState(
      `${left.length} movements of the providers are not in the books, and ${broken.length} other differences are open. recovery:status lists them. Adopt or book each movement, or answer for it with --tolerate. Of other differences, run reconcile:provider for the rail first: it closes those that are explained, and lists the rest for the console.`,
      'recovering',
      { code: 'not_recovered' }
    )
  }
  const gone = lost.filter((each) => each.kind === 'payout' && !each.sent && isTolerated(each))
  const described = await Promise.all(gone.map(describe))
  const paid = described.filter((each) => each !== undefined)
  await inTransaction(async (trx) => {
    const ended = await trx
      .from('recoveries')
      .where('id', id)
      .whereNull('ended_at')
      .update({ ended_at: trx.raw('now()'), tolerated: JSON.stringify(paid) })
    if (Number(ended) === 0) return
    await recordAudit(trx, {
      ...act,
      action: 'recovery.ended',
      target: { type: 'recovery', id },
      after: { tolerated, despite_lag: despiteLag },
    })
  })
}

/**
 * What was paid, and to whom, as far as its provider and these books can say.
 *
 * @returns undefined for what came back whole: nobody has it
 */
async function describe(movement: LostMovement): Promise<Tolerated | undefined> {
  const { rail, amount } = movement
  const id = movement.source || movement.id
  const seen = await readPayment(providerOfRail(rail), id).catch((error) => {
    if (error instanceof ProviderFailure) return undefined
    throw error
  })
  if (seen?.state === 'failed' || seen?.returnedAmount?.equals(seen.amount)) return undefined
  const onRail = offeredProviders().filter((each) => each.rail === rail)
  const accounts = seen?.destination
    ? await PayoutAccount.query()
        .where('destination', seen.destination)
        .whereIn(
          'payment_provider',
          onRail.map(({ name }) => name)
        )
    : []
  // Two people may be paid at one address; then the books do not know which of them it was.
  const [userId, ...others] = new Set(accounts.map((each) => each.userId))
  // With its fee, if only the list is at hand: more is held then rather than less.
  const minor = seen?.amount.minor ?? amount.minor
  return {
    rail,
    id,
    amount: (minor < 0n ? -minor : minor).toString(),
    currency: amount.currency,
    exact: seen !== undefined,
    user_id: others.length === 0 ? (userId ?? null) : null,
  }
}

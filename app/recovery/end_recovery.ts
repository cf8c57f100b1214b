import { inTransaction } from '#database/transaction'
import { recordAudit, type Act } from '#audit/record_audit'
import { wrongState } from '#exceptions/problem'
import { offeredRails, providerOfRail } from '#payments/registry'
import { findUnrecovered, openRecovery } from '#recovery/find_unrecovered'

export interface EndRecovery {
  /** Ids of movements at the providers that may stay missing: somebody answers for each. */
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
  const left = lost.filter(
    ({ known, sent, kind, id: row, source }) =>
      !(kind === 'payout' ? sent : known) && !tolerated.includes(row) && !tolerated.includes(source)
  )
  if (left.length > 0 || broken.length > 0) {
    throw wrongState(
      `${left.length} movements of the providers are not in the books, and ${broken.length} other differences are open. recovery:status lists them: adopt or book each, or answer for it with --tolerate.`,
      'recovering',
      { code: 'not_recovered' }
    )
  }
  await inTransaction(async (trx) => {
    const ended = await trx
      .from('recoveries')
      .where('id', id)
      .whereNull('ended_at')
      .update({ ended_at: trx.raw('now()') })
    if (Number(ended) === 0) return
    await recordAudit(trx, {
      ...act,
      action: 'recovery.ended',
      target: { type: 'recovery', id },
      after: { tolerated, despite_lag: despiteLag },
    })
  })
}

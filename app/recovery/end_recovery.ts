import { inTransaction } from '#database/transaction'
import { recordAudit, type Act } from '#audit/record_audit'
import { wrongState } from '#exceptions/problem'
import { findUnrecovered, openRecovery } from '#recovery/find_unrecovered'

/**
 * Lets money leave again, once the books have everything that the providers did since the backup. What the backup
 * knows of is no reason to wait: it is looked up before it is sent.
 *
 * @param tolerated ids of movements at the providers that may stay missing: somebody answers for each
 * @throws Problem 409 `not_recovering`; `not_recovered` while something is missing
 */
export async function endRecovery(act: Act, tolerated: readonly string[] = []): Promise<void> {
  const { id } = await openRecovery()
  const { lost, broken } = await findUnrecovered()
  const left = lost.filter(
    ({ known, id: row, source }) =>
      !known && !tolerated.includes(row) && !tolerated.includes(source)
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
      after: { tolerated },
    })
  })
}

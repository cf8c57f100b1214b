import { inTransaction } from '#database/transaction'
import { recordAudit, type Act } from '#audit/record_audit'
import { enqueue } from '#jobs/queue'
import reconcileRail from '#jobs/reconcile_rail'
import type { Rail } from '#models/transaction'

/**
 * Has a rail compared with its provider now, as every night: by a job, and one at a time.
 *
 * @returns false if one waits for its turn already
 */
export async function startReconciliation(rail: Rail, act: Act): Promise<boolean> {
  return inTransaction(async (trx) => {
    const job = await enqueue(trx, reconcileRail, { rail }, { singletonKey: rail })
    if (job === null) return false
    await recordAudit(trx, {
      ...act,
      action: 'reconciliation.started',
      target: { type: 'rail', id: rail },
      after: { job },
    })
    return true
  })
}

import { inTransaction } from '#database/transaction'
import { recordAudit, type Act } from '#audit/record_audit'
import { enqueue } from '#jobs/queue'
import verifyAudit from '#jobs/verify_audit'

/**
 * Has the audit log verified now, by the job that does it each night.
 *
 * @returns false if one waits for its turn already
 */
export async function requestVerification(act: Act): Promise<boolean> {
  return inTransaction(async (trx) => {
    const job = await enqueue(trx, verifyAudit, {}, { singletonKey: 'asked_for' })
    if (job === null) return false
    await recordAudit(trx, {
      ...act,
      action: 'audit.verification_started',
      target: { type: 'queue', id: verifyAudit.name },
      after: { job },
    })
    return true
  })
}

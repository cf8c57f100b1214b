import { inTransaction } from '#database/transaction'
import { recordAudit, type Act } from '#audit/record_audit'
import { wrongState } from '#exceptions/problem'
import { isRecovering } from '#recovery/recovering'

/**
 * Says that this database was restored from a backup, before any worker starts on it. Payouts and refunds wait
 * from now on, deadlines decide nothing, and whatever the backup has as unsent is looked up at its provider
 * before it is sent, for good.
 *
 * @param until how far the backup goes, as `backup:verify` says it
 * @throws Problem 409 `recovering` if one has begun
 */
export async function beginRecovery(until: Date, act: Act): Promise<void> {
  await inTransaction(async (trx) => {
    if (await isRecovering(trx)) {
      throw wrongState('A recovery has begun already; end it with recovery:end.', 'recovering', {
        code: 'recovering',
      })
    }
    const [{ id }] = await trx.table('recoveries').insert({ backup_until: until }).returning('id')
    await recordAudit(trx, {
      ...act,
      action: 'recovery.begun',
      target: { type: 'recovery', id },
      after: { backup_until: until.toISOString() },
    })
  })
}

import { inTransaction } from '#database/transaction'
import { recordAudit, type Act } from '#audit/record_audit'
import { wrongState } from '#exceptions/problem'

export interface BeginRecovery {
  /** The backup was made while a recovery was open: it is part of this one from now on. */
  again?: boolean
}

/**
 * Says that this database was restored from a backup, before any worker starts on it. Payouts and refunds wait
 * from now on, deadlines decide nothing, and whatever the backup has as unsent is looked up at its provider
 * before it is sent, for good.
 *
 * @param until how far the backup goes, as `backup:verify` says it
 * @returns from when on everything is compared: of a backup with an open recovery it may be earlier than `until`,
 *   because nobody knows how much of that one was done
 * @throws Problem 409 `recovering` if one is open and `again` is not said
 */
export async function beginRecovery(
  until: Date,
  act: Act,
  { again = false }: BeginRecovery = {}
): Promise<Date> {
  return inTransaction(async (trx) => {
    const open = await trx.from('recoveries').whereNull('ended_at').forUpdate().first()
    if (open && !again) {
      throw wrongState(
        `A recovery is open since ${open.begun_at.toISOString()}; recovery:end ends it. If this database was restored from a backup that was made while it was open, begin anew with --again.`,
        'recovering',
        { code: 'recovering' }
      )
    }
    // One that is open says nothing of what was done after the newer backup, so it cannot go on.
    if (open) {
      await trx
        .from('recoveries')
        .where('id', open.id)
        .update({ ended_at: trx.raw('now()') })
    }
    const from = open && open.backup_until < until ? open.backup_until : until
    const [{ id }] = await trx.table('recoveries').insert({ backup_until: from }).returning('id')
    await recordAudit(trx, {
      ...act,
      action: 'recovery.begun',
      target: { type: 'recovery', id },
      after: { backup_until: from.toISOString(), instead_of: open?.id },
    })
    return from
  })
}

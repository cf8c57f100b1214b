import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Act } from '#audit/record_audit'
import { enqueue } from '#jobs/queue'
import mailStaffNotice from '#jobs/mail_staff_notice'
import Staff from '#models/staff'

/**
 * Tells the other admins that somebody was let in, reset or given another role, and whoever it is unless they
 * are only invited: who lets people in does it under the eyes of others.
 *
 * @param what as it stands between two names: `Fay was reset by Ada`
 */
export async function tellOfAccess(
  trx: TransactionClientContract,
  staff: Staff,
  what: 'invited' | 'reset' | 'let back' | 'given another role',
  { actor }: Act
): Promise<void> {
  const by = actor.type === 'staff' ? await Staff.findOrFail(actor.id, { client: trx }) : undefined
  const about = `${staff.name} was ${what} by ${by?.name ?? 'an operator at the command line'}.`
  const admins = await Staff.query({ client: trx })
    .where('role', 'admin')
    .whereNull('disabledAt')
    .whereNotIn('id', [staff.id, ...(by ? [by.id] : [])])
  for (const { id } of admins) {
    await enqueue(trx, mailStaffNotice, { staffId: id, notice: 'colleague_access', about })
  }
  if (what !== 'invited') {
    await enqueue(trx, mailStaffNotice, { staffId: staff.id, notice: 'own_access', about })
  }
}

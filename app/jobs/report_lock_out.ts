import { inTransaction } from '#database/transaction'
import { recordAudit } from '#audit/record_audit'
import { defineJob, enqueue } from '#jobs/queue'
import mailStaffNotice from '#jobs/mail_staff_notice'
import Staff from '#models/staff'

/**
 * Writes down that nothing is taken any more to sign in as a member of staff, and tells them. It is sent for
 * addresses that nobody has, too, so that signing in takes as long for those.
 */
export default defineJob<{ staffId: string | null; failed: number }>({
  name: 'report_lock_out',
  async handle({ staffId, failed }) {
    const staff = staffId && (await Staff.find(staffId))
    if (!staff) return
    await inTransaction(async (trx) => {
      await recordAudit(trx, {
        actor: { type: 'system' },
        action: 'staff.locked_out',
        target: { type: 'staff', id: staff.id },
        after: { failed_attempts: failed },
      })
      await enqueue(trx, mailStaffNotice, { staffId: staff.id, notice: 'locked_out' })
    })
  },
})

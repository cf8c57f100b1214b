import db from '@adonisjs/lucid/services/db'
import { propose } from '#approvals/propose'
import { debtWriteOff } from '#escrow/chargebacks/write_off_debt'
import { proposeDecision } from '#escrow/disputes/propose_decision'
import { formatMinor } from '#ledger/money'
import Dispute from '#models/dispute'
import type Staff from '#models/staff'
import type { StaffRole } from '#models/staff'

/**
 * What staff decided, or propose and wait for a second person with: half of the disputes that wait for them,
 * and a debt of a freelancer that is given up.
 */
export async function decideSome(staff: Record<StaffRole, Staff>): Promise<void> {
  const waiting = await Dispute.query()
    .where('status', 'escalated')
    .orderBy('id')
    .preload('milestone')
  for (const { id, version, milestone } of waiting.slice(0, Math.ceil(waiting.length / 2))) {
    await proposeDecision(id, {
      by: staff.support.id,
      toFreelancer: formatMinor((milestone.amount * 6n) / 10n, milestone.currency),
      reason: 'Most of it was delivered and can be used; the rest was not what was agreed.',
      version,
    })
  }
  const [owed] = await db
    .from('ledger_accounts')
    .join('chargebacks', (lost) => lost.onVal('chargebacks.state', 'lost'))
    .join('transactions', 'transactions.id', 'chargebacks.deposit_id')
    .join('escrow_accounts', 'escrow_accounts.id', 'transactions.escrow_account_id')
    .join('projects', 'projects.id', 'escrow_accounts.project_id')
    .whereRaw(`ledger_accounts.name = 'freelancer_receivable:' || projects.freelancer_id`)
    .where('ledger_accounts.balance', '>', 0)
    .orderBy('chargebacks.id')
    .select('chargebacks.id')
    .limit(1)
  if (!owed) return
  await propose(debtWriteOff, {
    subjectId: owed.id,
    content: {},
    by: staff.finance.id,
    reason: 'They have closed their account, and nobody answers.',
  })
}

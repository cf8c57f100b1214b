import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { inWords } from '#escrow/about'
import type { LockedDispute } from '#escrow/dispute_states'
import { aboutDispute } from '#escrow/disputes/in_dispute'
import { recordActivity, SYSTEM } from '#escrow/record_activity'
import type { Money } from '#ledger/money'
import { notifyAll } from '#notifications/notify'

/**
 * Who has chosen an equal split has chosen half of what was held then. Once that is another amount, because a
 * bank took of it or a refund was adopted, the choice is none any more, and both sides hear of it. Needs the
 * locks of `lockDispute`; does nothing to a choice of what is held still.
 *
 * @param held above nothing; of a milestone that holds nothing the dispute ends
 */
export async function lapseEqualSplit(
  trx: TransactionClientContract,
  locked: LockedDispute,
  held: Money
): Promise<void> {
  const { project, milestone, dispute } = locked
  if (!dispute.openerSplitsAt && !dispute.respondentSplitsAt) return
  if (dispute.splitsHeld === held.minor) return
  await trx
    .from('disputes')
    .where('id', dispute.id)
    .update({ opener_splits_at: null, respondent_splits_at: null, splits_held: null })
  await dispute.refresh()
  await recordActivity(trx, {
    projectId: project.id,
    milestoneId: milestone.id,
    subject: { type: 'dispute', id: dispute.id },
    actor: SYSTEM,
    action: 'dispute.split_lapsed',
    details: inWords(held),
  })
  const data = { ...aboutDispute(locked), ...inWords(held) }
  await notifyAll(trx, [
    { userId: dispute.openedBy, kind: 'dispute.split_lapsed', data },
    { userId: dispute.respondentId, kind: 'dispute.split_lapsed', data },
  ])
}

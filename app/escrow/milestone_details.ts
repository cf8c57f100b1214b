import db from '@adonisjs/lucid/services/db'
import { escrowTotals, type EscrowTotals } from '#ledger/balances'
import type Milestone from '#models/milestone'
import Submission from '#models/submission'

/**
 * Loads what the screen of a milestone shows beside the row: its latest submission and, from the
 * ledger, where its money is. Two queries however many milestones.
 *
 * @returns totals by milestone id
 */
export async function loadMilestoneDetails(
  milestones: Milestone[]
): Promise<Map<string, EscrowTotals>> {
  const totals = await escrowTotals(
    db,
    milestones.map(({ id }) => id)
  )
  const submissions = await Submission.query()
    .whereIn(
      'milestone_id',
      milestones.map(({ id }) => id)
    )
    .distinctOn('milestone_id')
    .orderBy('milestone_id')
    .orderBy('id', 'desc')
  for (const milestone of milestones) {
    milestone.$setRelated(
      'submissions',
      submissions.filter((submission) => submission.milestoneId === milestone.id)
    )
  }
  return new Map(totals.map((entry) => [entry.milestoneId, entry]))
}

import db from '@adonisjs/lucid/services/db'
import { escrowTotals, type EscrowTotals } from '#ledger/balances'
import type Milestone from '#models/milestone'
import Submission from '#models/submission'
import { FROZEN_MILESTONE } from '#escrow/chargebacks/frozen'
import { OPEN_DISPUTE } from '#escrow/held_money'

export interface MilestoneMoney extends EscrowTotals {
  /** A dispute, of the milestone or of its payment, keeps what is held where it is. */
  frozen: boolean
}

/**
 * Loads what the screen of a milestone shows beside the row: its latest submission and, from the
 * ledger, where its money is. Three queries however many milestones.
 *
 * @returns totals by milestone id
 */
export async function loadMilestoneDetails(
  milestones: Milestone[]
): Promise<Map<string, MilestoneMoney>> {
  const ids = milestones.map(({ id }) => id)
  const totals = await escrowTotals(db, ids)
  const frozen = await frozenAmong(ids)
  const submissions = await Submission.query()
    .whereIn('milestone_id', ids)
    .distinctOn('milestone_id')
    .orderBy('milestone_id')
    .orderBy('id', 'desc')
  for (const milestone of milestones) {
    milestone.$setRelated(
      'submissions',
      submissions.filter((submission) => submission.milestoneId === milestone.id)
    )
  }
  return new Map(
    totals.map((entry) => [
      entry.milestoneId,
      { ...entry, frozen: entry.held.isPositive && frozen.has(entry.milestoneId) },
    ])
  )
}

async function frozenAmong(ids: string[]): Promise<Set<string>> {
  const { rows } = await db.rawQuery(
    `SELECT m.id FROM milestones m
      WHERE m.id = ANY (?::uuid[])
        AND (${FROZEN_MILESTONE} OR EXISTS (
          SELECT FROM disputes WHERE milestone_id = m.id AND status = ANY (?)))`,
    [ids, OPEN_DISPUTE]
  )
  return new Set(rows.map(({ id }: { id: string }) => id))
}

import db from '@adonisjs/lucid/services/db'
import logger from '@adonisjs/core/services/logger'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { inTransaction } from '#database/transaction'
import { FROZEN_MILESTONE } from '#escrow/chargebacks/frozen'
import { lockDispute, type LockedDispute } from '#escrow/dispute_states'
import { escalateByTime } from '#escrow/disputes/escalate_dispute'
import { partOfHeld } from '#escrow/held_money'
import { isSuspended } from '#identity/suspended'
import { SYSTEM } from '#escrow/record_activity'
import { settleDispute } from '#escrow/settle_dispute'
import { Money } from '#ledger/money'

/** More than that wait for the next run. */
const AT_ONCE = 500

/** Disputes `d` of which time alone decides now, as SQL. Nothing is settled of a frozen payment. */
const DUE = `
  d.status = 'open' AND d.respond_by <= now()
    AND NOT EXISTS (SELECT FROM milestones m WHERE m.id = d.milestone_id AND ${FROZEN_MILESTONE})
  OR d.status = 'negotiating' AND d.negotiate_until <= now()`

/**
 * Decides disputes whose time is over, by the database's clock: one without a first answer is settled as
 * was asked, one that both negotiate goes to staff, and so does one whose respondent is suspended. One that
 * fails does not hold up the others.
 *
 * @returns how many were settled and how many went to staff
 */
export async function decideSilentDisputes(): Promise<{ settled: number; escalated: number }> {
  const { rows } = await db.rawQuery(
    `SELECT d.id FROM disputes d WHERE ${DUE}
      ORDER BY coalesce(d.answered_at, d.respond_by), d.id LIMIT ${AT_ONCE}`
  )
  const done = { settled: 0, escalated: 0 }
  for (const { id } of rows) {
    try {
      const what = await inTransaction((trx) => decide(trx, id))
      if (what) done[what]++
    } catch (error) {
      logger.error({ err: error, disputeId: id }, 'deciding a dispute by its deadline failed')
    }
  }
  return done
}

async function decide(
  trx: TransactionClientContract,
  id: string
): Promise<'settled' | 'escalated' | undefined> {
  const locked = await lockDispute(trx, id)
  // Answered, settled or frozen meanwhile.
  const { rows } = await trx.rawQuery(`SELECT FROM disputes d WHERE d.id = ? AND (${DUE})`, [id])
  if (rows.length === 0) return undefined
  if (locked.dispute.status === 'negotiating') {
    await escalateByTime(trx, locked, 'negotiation_over')
    return 'escalated'
  }
  // Who was shut out by us could not answer: that is no silence of theirs.
  if (await isSuspended(trx, locked.dispute.respondentId)) {
    await escalateByTime(trx, locked, 'could_not_answer')
    return 'escalated'
  }
  await settleDispute(trx, {
    ...locked,
    toFreelancer: await asAsked(trx, locked),
    actor: SYSTEM,
    how: 'no_answer',
  })
  return 'settled'
}

/** What was asked goes to who opened it, the rest to the other side. Less may be held than was then. */
async function asAsked(
  trx: TransactionClientContract,
  { project, milestone, dispute }: LockedDispute
): Promise<Money> {
  const { amount: held } = await partOfHeld(trx, milestone)
  const asked = Money.of(dispute.askedAmount, dispute.currency)
  const part = asked.compare(held) > 0 ? held : asked
  return dispute.openedBy === project.clientId ? held.subtract(part) : part
}

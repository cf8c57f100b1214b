import db from '@adonisjs/lucid/services/db'
import logger from '@adonisjs/core/services/logger'
import { formatMinor } from '#ledger/money'
import { setting } from '#escrow/settings'

export interface HoldWarning {
  milestoneId: string
  depositId: string
  /** Minor units still held. */
  held: bigint
  currency: string
  /** When the rail stops refunding, or holding, whichever comes first. */
  until: Date
}

/**
 * Held money that its rail will neither refund nor hold for so many days more (the one parameter), milestone
 * by milestone.
 */
export const HOLD_LIMITS = `
  SELECT p.milestone_id, d.transaction_id, a.balance AS held, a.currency,
         least(d.refundable_until, d.hold_until) AS until
    FROM deposits d
    JOIN deposit_allocations p ON p.transaction_id = d.transaction_id AND p.live
    JOIN ledger_accounts a ON a.name = 'escrow:' || p.milestone_id AND a.balance > 0
   WHERE d.state = 'applied'
     AND least(d.refundable_until, d.hold_until) < now() + make_interval(days => ?)`

/**
 * Finds held money that its rail will soon neither refund nor hold, and says so in the log, while
 * there is still time to release or refund it.
 *
 * @returns what was found, the most urgent first
 */
export async function warnOfHoldLimits(): Promise<HoldWarning[]> {
  const days = await setting(db, 'hold_warning_days')
  const { rows } = await db.rawQuery(`${HOLD_LIMITS} ORDER BY until`, [days])
  const warnings: HoldWarning[] = rows.map((row: any) => ({
    milestoneId: row.milestone_id,
    depositId: row.transaction_id,
    held: row.held,
    currency: row.currency,
    until: row.until,
  }))
  for (const { held, currency, ...warning } of warnings) {
    const amount = `${formatMinor(held, currency)} ${currency}`
    logger.warn({ ...warning, held: amount }, 'held money nears the limit of its rail')
  }
  return warnings
}

import type { TransactionClientContract } from '@adonisjs/lucid/types/database'

/**
 * Whether a deposit `d` is frozen, as SQL: a dispute of it is open, or its provider has said that there is
 * one and neither have we heard of that yet nor has a person cleared it, or money went back to its payer
 * past us. The provider goes on saying so after it is over ("disputed, now or once"), so once we know the
 * disputes, they alone count.
 */
export const FROZEN_DEPOSIT = `(
  d.refunded_elsewhere > 0
  OR EXISTS (SELECT FROM chargebacks c WHERE c.deposit_id = d.transaction_id AND c.closed_at IS NULL)
  OR d.charge_disputed_at IS NOT NULL AND d.dispute_cleared_at IS NULL
    AND NOT EXISTS (SELECT FROM chargebacks c WHERE c.deposit_id = d.transaction_id))`

/** Whether a milestone `m` waits for the end of a dispute of the payment that funds it, as SQL. */
export const FROZEN_MILESTONE = `EXISTS (
  SELECT FROM deposit_allocations a JOIN deposits d ON d.transaction_id = a.transaction_id
   WHERE a.milestone_id = m.id AND a.live AND ${FROZEN_DEPOSIT})`

/** Whether it waits because money of its payment went back to the payer past us, as SQL. */
export const REFUNDED_ELSEWHERE = `EXISTS (
  SELECT FROM deposit_allocations a JOIN deposits d ON d.transaction_id = a.transaction_id
   WHERE a.milestone_id = m.id AND a.live AND d.refunded_elsewhere > 0)`

/** Whether money that came with this deposit must stay where it is. */
export async function isDepositFrozen(
  trx: TransactionClientContract,
  depositId: string
): Promise<boolean> {
  const { rows } = await trx.rawQuery(
    `SELECT ${FROZEN_DEPOSIT} AS frozen FROM deposits d WHERE d.transaction_id = ?`,
    [depositId]
  )
  return rows[0]?.frozen === true
}

/** Why it must, as the end of a sentence about the payment; undefined if it need not. */
export async function whyFrozen(
  trx: TransactionClientContract,
  depositId: string
): Promise<string | undefined> {
  if (!(await isDepositFrozen(trx, depositId))) return undefined
  const past = await trx
    .from('deposits')
    .where('transaction_id', depositId)
    .where('refunded_elsewhere', '>', 0)
    .first()
  return past
    ? 'was refunded in part or whole past us; support is looking into it'
    : "is disputed with the payer's bank"
}

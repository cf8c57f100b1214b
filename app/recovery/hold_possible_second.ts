import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { recordAudit } from '#audit/record_audit'
import type Transaction from '#models/transaction'

/** A payment that stayed missing in the books when a recovery ended. Minor units. */
export interface Tolerated {
  rail: string
  /** What the provider calls it. */
  id: string
  amount: string
  currency: string
  /** Without its fee; false if only the provider's list says how much it was. */
  exact: boolean
  /** Who got it; null if these books do not know where it went. */
  user_id: string | null
}

/**
 * Holds a payout that may be the second payment of what was paid before a restore: the release was lost with the
 * database, and nothing names it any more. So it is every payout out of a deposit that the backup had, to whoever got
 * that payment, of no more than that, as a debt may have made it less. If nobody knows who got it, every one of its
 * very amount. Each once, because who lets it go has looked.
 *
 * @returns whether it is held now
 */
export async function holdPossibleSecond(
  trx: TransactionClientContract,
  { id }: Transaction
): Promise<boolean> {
  const { rows } = await trx.rawQuery<{ rows: Tolerated[] }>(
    `SELECT paid.* FROM recoveries r
       CROSS JOIN jsonb_to_recordset(r.tolerated)
         AS paid (rail text, id text, amount bigint, currency text, exact boolean, user_id uuid)
       JOIN transactions t ON t.id = :id
       JOIN transactions d ON d.id = t.deposit_id AND d.created_at <= r.begun_at
      WHERE paid.currency = t.currency AND paid.amount >= t.amount
        AND (paid.user_id = t.user_id
          OR paid.user_id IS NULL AND (paid.amount = t.amount OR NOT paid.exact))
        AND NOT EXISTS (
          SELECT FROM audit_log a WHERE a.target_type = 'transaction' AND a.target_id = t.id::text
            AND a.action = 'payout.held' AND a.after->>'perhaps_paid_as' = paid.id)
      LIMIT 1`,
    { id }
  )
  const [paid] = rows
  if (!paid) return false
  await trx
    .from('payouts')
    .where('transaction_id', id)
    .update({ held_at: trx.raw('clock_timestamp()') })
  await recordAudit(trx, {
    actor: { type: 'system' },
    reason: `${paid.id} at ${paid.rail} was tolerated when a recovery ended, and is in no books: this may be the same payment.`,
    action: 'payout.held',
    target: { type: 'transaction', id },
    before: { held: false },
    after: { held: true, perhaps_paid_as: paid.id },
  })
  return true
}

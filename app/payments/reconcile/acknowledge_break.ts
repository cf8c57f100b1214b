import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { validate as isUuid } from 'uuid'
import type { Rail } from '#models/transaction'

/** Why a break cannot be acknowledged, in words for the person who tried. */
export class CannotAcknowledge extends Error {}

/**
 * Records that a person has looked at a break and takes it upon themselves that payouts go on. The
 * break stays open until a run no longer finds it. It may be acknowledged again, by somebody else or for
 * another reason: each is kept.
 *
 * @param by who decided, for people: `staff:<id>`, a name
 * @returns whose payouts may have waited for it
 * @throws CannotAcknowledge if there is no such break, or it is resolved already
 */
export async function acknowledgeBreak(
  trx: TransactionClientContract,
  { breakId, by, reason }: { breakId: string; by: string; reason: string }
): Promise<{ rail: Rail }> {
  if (!isUuid(breakId)) throw new CannotAcknowledge(`"${breakId}" is no id of a break.`)
  const { rows } = await trx.rawQuery<{ rows: { rail: Rail; resolved: boolean }[] }>(
    `SELECT rail, resolved_at IS NOT NULL AS resolved FROM reconciliation_breaks
      WHERE id = ? FOR SHARE`,
    [breakId]
  )
  if (rows.length === 0) throw new CannotAcknowledge(`There is no break ${breakId}.`)
  if (rows[0].resolved) throw new CannotAcknowledge('It is resolved already; nothing waits for it.')
  await trx.rawQuery(
    `INSERT INTO reconciliation_acknowledgements (break_id, acknowledged_by, reason) VALUES (?, ?, ?)`,
    [breakId, by, reason]
  )
  return { rail: rows[0].rail }
}

import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { validate as isUuid } from 'uuid'
import { recordAudit, type Act, type AuditActor } from '#audit/record_audit'
import { Problem, wrongState } from '#exceptions/problem'
import type { Rail } from '#models/transaction'

/**
 * Records that a person has looked at a break and takes it upon themselves that payouts go on. The
 * break stays open until a run no longer finds it. It may be acknowledged again, by somebody else or for
 * another reason: each is kept.
 *
 * @param act who decided, and why
 * @returns whose payouts may have waited for it
 * @throws Problem 404; 409 `resolved` for one that is resolved already
 */
export async function acknowledgeBreak(
  trx: TransactionClientContract,
  breakId: string,
  act: Act
): Promise<{ rail: Rail }> {
  if (!isUuid(breakId)) throw noBreak(`"${breakId}" is no id of a break.`)
  const { rows } = await trx.rawQuery<{ rows: { rail: Rail; resolved: boolean }[] }>(
    `SELECT rail, resolved_at IS NOT NULL AS resolved FROM reconciliation_breaks
      WHERE id = ? FOR SHARE`,
    [breakId]
  )
  if (rows.length === 0) throw noBreak(`There is no break ${breakId}.`)
  if (rows[0].resolved) {
    throw wrongState('It is resolved already; nothing waits for it.', 'resolved', {
      code: 'resolved',
    })
  }
  await trx.rawQuery(
    `INSERT INTO reconciliation_acknowledgements (break_id, acknowledged_by, reason) VALUES (?, ?, ?)`,
    [breakId, nameOf(act.actor), act.reason ?? '']
  )
  await recordAudit(trx, {
    ...act,
    action: 'break.acknowledged',
    target: { type: 'break', id: breakId },
    after: { rail: rows[0].rail },
  })
  return { rail: rows[0].rail }
}

function noBreak(message: string): Problem {
  return new Problem(message, { code: 'not_found', status: 404 })
}

function nameOf(actor: AuditActor): string {
  if (actor.type === 'staff') return `staff:${actor.id}`
  return actor.type === 'operator' ? actor.name : actor.type
}

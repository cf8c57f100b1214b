import { createHash, randomBytes } from 'node:crypto'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { v7 as uuidv7 } from 'uuid'

/** Who acts: a member of staff, somebody at the command line who has no account here, or our own clock. */
export type AuditActor =
  { type: 'staff'; id: string } | { type: 'operator'; name: string } | { type: 'system' }

/** What an operation is told of whoever carries it out, and why; it writes the line of the audit log itself. */
export interface Act {
  actor: AuditActor
  /** In the person's words. Kept apart from the chain, since it may name people. */
  reason?: string
}

export interface AuditLine extends Act {
  /** `<subject>.<verb in the past tense>`: `payout.held`, `dispute.decision_proposed`. */
  action: string
  /** What it was done to: `{ type: 'transaction', id }`. */
  target: { type: string; id: string }
  /** What changed: ids, states, and amounts as decimal strings. No names, no addresses, no free text. */
  before?: Record<string, unknown>
  after?: Record<string, unknown>
}

/**
 * Writes one line of the audit log. It takes the transaction of what it tells of, so that the log and the
 * state cannot disagree. A job seals the lines into the hash chain afterwards.
 *
 * @returns the line's id
 */
export async function recordAudit(
  trx: TransactionClientContract,
  { actor, reason = '', action, target, before = {}, after = {} }: AuditLine
): Promise<string> {
  const id = uuidv7()
  const operator = actor.type === 'operator' ? actor.name : ''
  const hasWords = reason !== '' || operator !== ''
  const salt = randomBytes(16).toString('hex')
  await trx.table('audit_log').insert({
    id,
    actor_type: actor.type,
    actor_id: actor.type === 'staff' ? actor.id : null,
    action,
    target_type: target.type,
    target_id: target.id,
    before: JSON.stringify(before),
    after: JSON.stringify(after),
    words_hash: hasWords ? hashOfWords({ salt, reason, operator }) : null,
  })
  if (hasWords) await trx.table('audit_words').insert({ audit_id: id, salt, reason, operator })
  return id
}

/** What a line keeps of its words. The salt goes with them, so that nobody can guess them from it. */
export function hashOfWords(words: { salt: string; reason: string; operator: string }): string {
  const text = JSON.stringify([words.salt, words.reason, words.operator])
  return createHash('sha256').update(text).digest('hex')
}

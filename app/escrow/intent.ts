import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { bindIdempotencyKey, type IdempotencyClaim } from '#escrow/idempotency'

/**
 * Ties a caller's Idempotency-Key to the row that an operation writes, in the operation's own
 * transaction: either both exist or neither, so a key that lost its process resumes from that row.
 */
export type BindIntent = (trx: TransactionClientContract, subjectId: string) => Promise<void>

/** Binds to the claim of the running request. */
export function bindTo(claim: IdempotencyClaim): BindIntent {
  return (trx, subjectId) => bindIdempotencyKey(trx, claim, subjectId)
}

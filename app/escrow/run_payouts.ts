import db from '@adonisjs/lucid/services/db'
import logger from '@adonisjs/core/services/logger'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { recordAudit, type Act } from '#audit/record_audit'
import { inTransaction } from '#database/transaction'
import { Problem } from '#exceptions/problem'
import { ProviderFailure } from '#payments/provider'
import { sendPayout } from '#escrow/send_payout'
import { sendRefund } from '#escrow/send_refund'

export interface Tried {
  transactionId: string
  type: 'payout' | 'refund'
  amount: bigint
  currency: string
  /**
   * paid: the provider has carried it. on_its_way: the provider has it, outcome open. waiting: nothing was
   * sent. refused: the provider said no; the money is owed again. unknown: it may have happened, a look-up
   * will tell. error: it could not be tried.
   */
  outcome: 'paid' | 'on_its_way' | 'waiting' | 'refused' | 'unknown' | 'error'
  /** Why it is not paid, for people. */
  note: string
}

export interface RunPayouts {
  /**
   * Also payouts that the provider refused: their next attempt goes under a key of its own. Somebody decides
   * that, and the audit log says who.
   */
  failed?: Act
  /** Ends the run after the one at hand. */
  signal?: AbortSignal
}

/**
 * Tries everything that waits and can be tried now: payouts whose hold is over, and refunds. One after the
 * other, who waited longest first; none that fails holds up the rest.
 *
 * Workers, the schedule and webhooks may do the same at the same moment. Whoever takes the transaction's
 * lock first starts it; the others find it started, look it up, and at most send it again under the same
 * key, which is one payment for the provider.
 */
export async function* runPayouts(options: RunPayouts = {}): AsyncGenerator<Tried> {
  for (const { id, type } of await waiting(options.failed !== undefined)) {
    if (options.signal?.aborted) return
    yield await tryOne(id, type, options.failed)
  }
}

/** How many payouts wait for nothing but the end of their hold. */
export async function countHeldBack(): Promise<number> {
  const { rows } = await db.rawQuery(
    `SELECT count(*)::int AS held FROM payouts WHERE state = 'waiting' AND not_before > now()`
  )
  return rows[0].held
}

async function waiting(failed: boolean): Promise<{ id: string; type: 'payout' | 'refund' }[]> {
  const { rows } = await db.rawQuery(
    `SELECT t.id, t.transaction_type AS type
       FROM transactions t LEFT JOIN payouts p ON p.transaction_id = t.id
      WHERE t.status = 'pending' AND p.held_at IS NULL
        AND (p.state = 'waiting' AND p.not_before <= now() OR p.state = 'failed' AND ?
          OR t.transaction_type = 'refund' AND t.sent_at IS NULL)
      ORDER BY t.created_at, t.id`,
    [failed]
  )
  return rows
}

async function tryOne(id: string, type: 'payout' | 'refund', failed?: Act): Promise<Tried> {
  let answer: 'settled' | 'pending' | 'waiting' | 'unknown' | undefined
  let note = ''
  try {
    if (type === 'payout' && failed) await inTransaction((trx) => tryAgain(trx, id, failed))
    answer = type === 'payout' ? await sendPayout(id) : await sendRefund(id)
  } catch (error) {
    note = error instanceof Error ? error.message : String(error)
    const expected = error instanceof Problem || error instanceof ProviderFailure
    logger[expected ? 'warn' : 'error']({ transactionId: id, err: error }, 'could not be tried')
  }
  const { rows } = await db.rawQuery(
    `SELECT t.amount, t.currency, t.status, t.wait_reason, t.failure_message, p.state
       FROM transactions t LEFT JOIN payouts p ON p.transaction_id = t.id WHERE t.id = ?`,
    [id]
  )
  const [after] = rows
  const outcome = answer === undefined ? 'error' : outcomeOf(answer, after)
  return {
    transactionId: id,
    type,
    amount: BigInt(after.amount),
    currency: after.currency,
    outcome,
    note: note || (outcome === 'paid' ? '' : after.wait_reason || after.failure_message),
  }
}

function outcomeOf(
  answer: 'settled' | 'pending' | 'waiting' | 'unknown',
  { status, state }: { status: string; state: string | null }
): Tried['outcome'] {
  if (status === 'completed') return 'paid'
  if (status === 'failed' || state === 'failed') return 'refused'
  if (answer === 'unknown') return 'unknown'
  return answer === 'waiting' || state === 'waiting' ? 'waiting' : 'on_its_way'
}

/** Its money is back in payable: it may start once more. */
async function tryAgain(trx: TransactionClientContract, id: string, act: Act): Promise<void> {
  const [again] = await trx
    .from('payouts')
    .where({ transaction_id: id, state: 'failed' })
    .returning('transaction_id')
    .update({ state: 'waiting' })
  if (!again) return
  await recordAudit(trx, {
    ...act,
    action: 'payout.retried',
    target: { type: 'transaction', id },
    before: { state: 'failed' },
    after: { state: 'waiting' },
  })
}

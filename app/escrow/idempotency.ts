import { createHash, randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import type { HttpContext } from '@adonisjs/core/http'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { Problem } from '#exceptions/problem'

/**
 * `Idempotency-Key` of the money POSTs (draft-ietf-httpapi-idempotency-key-header; Stripe's rules
 * where the draft leaves a choice).
 *
 *   no row --claim--> running --answer 2xx--> done (replayed for at least 24 h)
 *                      |   ^
 *        refused, and  |   | lease ran out: the process died. Bound to what it caused, the next
 *        nothing bound |   | request with the key resumes from that; not bound, it runs anew.
 *                      v   |
 *                    no row
 *
 * Only an answer that says "done" is stored. A refusal (validation, wrong state) caused nothing, so
 * the same key may try again once its reason is gone.
 */

/** How long a silent process keeps a key; it renews well before. */
const LEASE_SECONDS = 45

const KEY_FORMAT = /^[\x21-\x7e]{1,255}$/

/** Members of an answer that are secrets or work once: never stored, at any depth. */
const NEVER_STORED = new Set(['client_action', 'client_secret'])

/** A claimed key, to be bound by phase 1 of the operation. */
export interface IdempotencyClaim {
  readonly userId: string
  readonly route: string
  readonly key: string
  readonly lease: string
}

export interface Answer {
  status: number
  /** What is sent as JSON. */
  body: unknown
}

export interface IdempotentOperation {
  /** Does it for the first time. Phase 1 must call `bindIdempotencyKey` in its transaction. */
  run(claim: IdempotencyClaim): Promise<Answer>
  /** Carries on from what an earlier, orphaned run had bound; safe beside a run that is only slow. */
  resume(boundId: string): Promise<Answer>
  /** Puts back into a stored body what was never stored, such as `client_action`. */
  refresh?(body: any, boundId: string | null): unknown
}

/**
 * Answers a money POST once per key: validate the request and find its record before, decide
 * anything that depends on state inside `run`, or a replay would be refused for the effect of its
 * own first run.
 *
 * @returns the body; status and `Idempotent-Replayed` are set on the response
 * @throws Problem 400 `idempotency_key_required`, `idempotency_key_invalid`; 409
 *   `idempotency_in_progress`; 422 `idempotency_key_reused`; and whatever `run` and `resume` throw
 */
export async function withIdempotency(
  ctx: HttpContext,
  operation: IdempotentOperation
): Promise<unknown> {
  const outcome = await claim(ctx)
  if (outcome.kind === 'replay') {
    ctx.response.status(outcome.status).header('Idempotent-Replayed', 'true')
    return operation.refresh ? operation.refresh(outcome.body, outcome.boundId) : outcome.body
  }

  const { claim: mine, boundId } = outcome
  const heartbeat = setInterval(() => renew(mine).catch(() => {}), (LEASE_SECONDS * 1000) / 3)
  heartbeat.unref()
  try {
    const answer = boundId ? await operation.resume(boundId) : await operation.run(mine)
    await store(mine, answer)
    ctx.response.status(answer.status)
    return answer.body
  } catch (error) {
    // When even this fails, the lease runs out instead.
    await release(mine).catch((err) => ctx.logger.warn({ err }, 'idempotency key not released'))
    throw error
  } finally {
    clearInterval(heartbeat)
  }
}

/**
 * Ties the key to what it causes, inside the transaction that causes it: both commit or neither.
 *
 * @param boundId id of the transaction row, or of the refund request where no money moves yet
 * @throws Problem 409 `idempotency_in_progress` when the key was taken over meanwhile, because this
 *   process was silent for too long; `trx` must then roll back
 */
export async function bindIdempotencyKey(
  trx: TransactionClientContract,
  { userId, route, key, lease }: IdempotencyClaim,
  boundId: string
): Promise<void> {
  const { rowCount } = await trx.rawQuery(
    `UPDATE idempotency_keys
     SET transaction_id = ?, locked_until = clock_timestamp() + make_interval(secs => ?)
     WHERE user_id = ? AND route = ? AND key = ? AND lease = ? AND status = 'running'`,
    [boundId, LEASE_SECONDS, userId, route, key, lease]
  )
  if (rowCount === 0) throw inProgress()
}

/** Hours that a key is kept. */
export const KEPT_HOURS = 48

/**
 * Deletes keys older than two days, twice what callers are promised. Whatever an unfinished one
 * began is a pending transaction with its own look-ups.
 *
 * @returns how many
 */
export async function purgeIdempotencyKeys(): Promise<number> {
  const { rowCount } = await db.rawQuery(
    `DELETE FROM idempotency_keys
     WHERE created_at < now() - make_interval(hours => ?) AND locked_until < now()`,
    [KEPT_HOURS]
  )
  return rowCount
}

type Claimed =
  | { kind: 'run'; claim: IdempotencyClaim; boundId: string | null }
  | { kind: 'replay'; status: number; body: unknown; boundId: string | null }

async function claim(ctx: HttpContext): Promise<Claimed> {
  const key = readKey(ctx)
  const userId = ctx.auth.getUserOrFail().id
  const route = `${ctx.request.method()} ${ctx.route!.pattern}`
  const bodyHash = hashRequest(ctx)
  const mine: IdempotencyClaim = { userId, route, key, lease: randomUUID() }

  // A row may vanish between the two statements, when the request that held it is refused.
  for (let tries = 0; tries < 5; tries++) {
    const inserted = await db.rawQuery(
      `INSERT INTO idempotency_keys (user_id, route, key, body_hash, lease, locked_until)
       VALUES (?, ?, ?, ?, ?, clock_timestamp() + make_interval(secs => ?))
       ON CONFLICT DO NOTHING`,
      [userId, route, key, bodyHash, mine.lease, LEASE_SECONDS]
    )
    if (inserted.rowCount === 1) return { kind: 'run', claim: mine, boundId: null }

    const { rows } = await db.rawQuery(
      `SELECT body_hash, status, response_status, response_body, transaction_id,
              locked_until < clock_timestamp() AS orphaned
       FROM idempotency_keys WHERE user_id = ? AND route = ? AND key = ?`,
      [userId, route, key]
    )
    if (rows.length === 0) continue
    const [row] = rows
    if (row.body_hash !== bodyHash) {
      throw new Problem(
        'This Idempotency-Key was used for another request. Use a new key for each intent.',
        { code: 'idempotency_key_reused', status: 422 }
      )
    }
    if (row.status === 'done') {
      return {
        kind: 'replay',
        status: row.response_status,
        body: row.response_body,
        boundId: row.transaction_id,
      }
    }
    if (row.orphaned) {
      // Waits for a bind in flight and then looks again: a bind renews the lease.
      const taken = await db.rawQuery(
        `UPDATE idempotency_keys
         SET lease = ?, locked_until = clock_timestamp() + make_interval(secs => ?)
         WHERE user_id = ? AND route = ? AND key = ? AND status = 'running'
           AND locked_until < clock_timestamp()
         RETURNING transaction_id`,
        [mine.lease, LEASE_SECONDS, userId, route, key]
      )
      if (taken.rowCount === 1) {
        return { kind: 'run', claim: mine, boundId: taken.rows[0].transaction_id }
      }
    }
    break
  }
  ctx.response.header('Retry-After', '1')
  throw inProgress()
}

function readKey(ctx: HttpContext): string {
  const key = ctx.request.header('idempotency-key')
  if (key === undefined || key === '') {
    throw new Problem(
      'This request moves money: send an Idempotency-Key header, new for each intent and the same for its retries.',
      { code: 'idempotency_key_required', status: 400 }
    )
  }
  if (!KEY_FORMAT.test(key)) {
    throw new Problem(
      'An Idempotency-Key has 1 to 255 visible ASCII characters, without blanks; a UUID is a good one.',
      { code: 'idempotency_key_invalid', status: 400 }
    )
  }
  return key
}

/** What makes two requests the same: the record they are about (path) and the body, in any order. */
function hashRequest(ctx: HttpContext): string {
  return createHash('sha256')
    .update(canonical([ctx.params, ctx.request.qs(), ctx.request.body()]))
    .digest('hex')
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member) =>
    member !== null && typeof member === 'object' && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : member
  )
}

async function renew({ userId, route, key, lease }: IdempotencyClaim): Promise<void> {
  await db.rawQuery(
    `UPDATE idempotency_keys SET locked_until = clock_timestamp() + make_interval(secs => ?)
     WHERE user_id = ? AND route = ? AND key = ? AND lease = ? AND status = 'running'`,
    [LEASE_SECONDS, userId, route, key, lease]
  )
}

async function store(
  { userId, route, key, lease }: IdempotencyClaim,
  { status, body }: Answer
): Promise<void> {
  await db.rawQuery(
    `UPDATE idempotency_keys SET status = 'done', response_status = ?, response_body = ?::json
     WHERE user_id = ? AND route = ? AND key = ? AND lease = ? AND status = 'running'`,
    [status, withoutSecrets(body), userId, route, key, lease]
  )
}

/**
 * After a failure: a key that caused nothing is free again; one that did waits, without a lease, for
 * the retry that resumes it.
 */
async function release({ userId, route, key, lease }: IdempotencyClaim): Promise<void> {
  const mine = [userId, route, key, lease]
  await db.rawQuery(
    `DELETE FROM idempotency_keys
     WHERE user_id = ? AND route = ? AND key = ? AND lease = ? AND transaction_id IS NULL`,
    mine
  )
  await db.rawQuery(
    `UPDATE idempotency_keys SET locked_until = '-infinity'
     WHERE user_id = ? AND route = ? AND key = ? AND lease = ? AND status = 'running'`,
    mine
  )
}

function withoutSecrets(body: unknown): string {
  return JSON.stringify(body ?? null, (name, member) =>
    NEVER_STORED.has(name) && member !== undefined ? null : member
  )
}

function inProgress(): Problem {
  return new Problem(
    'A request with this Idempotency-Key is still running. Wait a moment and send it again.',
    { code: 'idempotency_in_progress', status: 409 }
  )
}

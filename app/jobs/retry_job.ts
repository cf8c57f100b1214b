import { validate as isUuid } from 'uuid'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { inTransaction } from '#database/transaction'
import { recordAudit, type Act } from '#audit/record_audit'
import { notFound, wrongState } from '#exceptions/problem'
import {
  countDeadLetters,
  DEAD_LETTERS,
  QUEUE_SCHEMA,
  redriveDeadLetters,
  retryFailed,
} from '#jobs/queue'

/**
 * Has one job tried again now: one that waits for its next try, one that has failed for good, or a dead
 * letter, which goes back to its queue. Every job is safe to repeat: its effects happen once.
 *
 * @returns the name of the queue that it is in
 * @throws Problem 404; 409 for a job that is done, at work, or lies among the dead letters
 */
export async function retryJob(name: string, id: string, act: Act): Promise<string> {
  return inTransaction(async (trx) => {
    const found = isUuid(id) && (await lockJob(trx, name, id))
    if (!found) throw notFound('job')
    const isTried =
      name === DEAD_LETTERS
        ? (await redriveDeadLetters({ ids: [id], trx })) > 0
        : await tryNow(trx, found)
    if (!isTried) {
      throw wrongState(
        'This job is not waiting to be tried again: it is done, at work, or lies among the dead letters.',
        found.state
      )
    }
    const queue = found.source_name ?? name
    await recordAudit(trx, {
      ...act,
      action: 'job.retried',
      target: { type: 'job', id },
      before: { queue: name, state: found.state },
      after: { queue },
    })
    return queue
  })
}

/**
 * Sends all dead letters of a queue back to it, with all their tries.
 *
 * @returns how many
 * @throws Problem 404; 409 `nothing_dead`
 */
export async function redriveQueue(name: string, act: Act): Promise<number> {
  const count = await inTransaction(async (trx) => {
    await assertQueue(trx, name)
    return redriveWithin(trx, name, act)
  })
  if (count > 0) return count
  throw wrongState('No dead letter of this queue is left.', 'empty', { code: 'nothing_dead' })
}

/**
 * Sends all dead letters back to their queues, or those of one.
 *
 * @returns how many; there may be none
 */
export async function redriveAll(act: Act, name?: string): Promise<number> {
  const names = name === undefined ? Object.keys(await countDeadLetters()) : [name]
  return inTransaction(async (trx) => {
    let total = 0
    for (const each of names) total += await redriveWithin(trx, each, act)
    return total
  })
}

async function redriveWithin(
  trx: TransactionClientContract,
  name: string,
  act: Act
): Promise<number> {
  const count = await redriveDeadLetters({ jobName: name, trx })
  if (count === 0) return 0
  await recordAudit(trx, {
    ...act,
    action: 'queue.redriven',
    target: { type: 'queue', id: name },
    after: { jobs: count },
  })
  return count
}

/** What comes from an address need not even be a name that a queue may have. @throws Problem 404 */
async function assertQueue(trx: TransactionClientContract, name: string): Promise<void> {
  const queues = await trx.from(`${QUEUE_SCHEMA}.queue`).select('name')
  if (!queues.some((queue) => queue.name === name)) throw notFound('queue')
}

interface LockedJob {
  id: string
  name: string
  state: string
  source_name: string | null
}

async function lockJob(
  trx: TransactionClientContract,
  name: string,
  id: string
): Promise<LockedJob | null> {
  return trx
    .from(`${QUEUE_SCHEMA}.job`)
    .where({ name, id })
    .select('id', 'name', trx.raw('state::text AS state'), 'source_name')
    .forUpdate()
    .first()
}

/** Its next try is due now. One that has failed for good gets one more, unless its dead letter stands for it. */
async function tryNow(trx: TransactionClientContract, job: LockedJob): Promise<boolean> {
  if (job.state === 'retry') {
    await trx
      .from(`${QUEUE_SCHEMA}.job`)
      .where({ name: job.name, id: job.id })
      .update({ start_after: trx.raw('now()') })
    return true
  }
  if (job.state !== 'failed') return false
  const letter = await trx
    .from(`${QUEUE_SCHEMA}.job`)
    .where({ name: DEAD_LETTERS, source_id: job.id })
    .whereIn('state', ['created', 'retry'])
    .select('id')
    .first()
  if (!letter) {
    await retryFailed(trx, job.name, job.id)
    return true
  }
  return (await redriveDeadLetters({ ids: [letter.id], trx })) > 0
}

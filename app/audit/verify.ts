import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { inTransaction } from '#database/transaction'
import { CANONICAL, chainHash, GENESIS, headText, type Head } from '#audit/chain'
import { hashOfWords } from '#audit/record_audit'

const BATCH = 5000

export interface AuditVerdict {
  ok: boolean
  /** Lines whose place in the chain was checked. */
  lines: bigint
  /** The end of what was found right. */
  head: Head
  /** Lines whose words were erased, as they may be if another line says who did it. */
  erased: number
  /** Written within the last minutes, and to be sealed by the next run of the job. */
  waiting: number
  /** The first thing that is wrong. */
  bad?: { position: bigint | null; auditId: string | null; message: string }
}

export interface VerifyOptions {
  /** Ends that the chain once had. Without any nobody can tell that the end was cut off. */
  expected?: readonly Head[]
  /** A line that is older than this must be sealed. */
  unsealedMinutes?: number
  /** Told after each batch. */
  onProgress?: (done: bigint, total: bigint) => void
}

interface Row {
  position: string
  hash: string
  audit_id: string
  line: string | null
  words_hash: string | null
  salt: string | null
  reason: string
  operator: string
  /** Whether a line says who erased its words. */
  erased: boolean | null
}

/**
 * Computes the chain over the audit log again, line by line on one snapshot, and stops at the first thing that is not
 * right. Memory does not grow with the log.
 */
export async function verifyAudit(options: VerifyOptions = {}): Promise<AuditVerdict> {
  return inTransaction(async (trx) => {
    await trx.rawQuery('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY')
    return verifyOn(trx, options)
  })
}

async function verifyOn(
  trx: TransactionClientContract,
  { expected = [], unsealedMinutes = 10, onProgress }: VerifyOptions
): Promise<AuditVerdict> {
  const verdict: AuditVerdict = {
    ok: false,
    lines: 0n,
    head: { position: 0n, hash: GENESIS },
    erased: 0,
    waiting: 0,
  }
  const lost: Lost = { count: 0, first: [] }
  const { rows } = await trx.rawQuery('SELECT count(*) AS total FROM audit_chain')
  const total = BigInt(rows[0].total)
  for (;;) {
    const batch = await readBatch(trx, verdict.head.position)
    for (const row of batch) {
      const message = wrongWith(row, verdict.head, expected)
      if (message) {
        // Where it should go on, whatever stands there.
        const position = verdict.head.position + 1n
        return { ...verdict, bad: { position, auditId: row.audit_id, message } }
      }
      verdict.head = { position: BigInt(row.position), hash: row.hash }
      verdict.lines += 1n
      if (row.words_hash && row.salt === null) {
        verdict.erased += 1
        if (!row.erased && (lost.count += 1) <= MOST_NAMED) lost.first.push(row)
      }
    }
    onProgress?.(verdict.lines, total)
    if (batch.length < BATCH) break
  }
  const beyond = expected.find(({ position }) => position > verdict.head.position)
  if (beyond) {
    const message = `The chain ends at ${verdict.head.position}, but it once went on to ${beyond.position}: its end was cut off.`
    return { ...verdict, bad: { position: verdict.head.position + 1n, auditId: null, message } }
  }
  if (lost.count > 0) return { ...verdict, bad: wordsLost(lost) }
  return withUnsealed(trx, verdict, unsealedMinutes)
}

const MOST_NAMED = 20

interface Lost {
  count: number
  first: Row[]
}

/** The chain is right without them, but nobody owns up to it. */
function wordsLost({ count, first }: Lost) {
  const named = first.map(({ position, audit_id: id }) => `${position} (${id})`).join(', ')
  const more = count > MOST_NAMED ? ` and ${count - MOST_NAMED} more` : ''
  return {
    position: BigInt(first[0].position),
    auditId: first[0].audit_id,
    message: `Words were erased and no line says by whom, at the positions ${named}${more}.`,
  }
}

async function readBatch(trx: TransactionClientContract, after: bigint): Promise<Row[]> {
  const { rows } = await trx.rawQuery<{ rows: Row[] }>(
    `SELECT c.position, c.hash, c.audit_id, CASE WHEN l.id IS NOT NULL THEN ${CANONICAL} END AS line,
        l.words_hash, w.salt, w.reason, w.operator,
        CASE WHEN l.words_hash IS NOT NULL AND w.audit_id IS NULL THEN words_erased(l.id) END AS erased
      FROM audit_chain c
      LEFT JOIN audit_log l ON l.id = c.audit_id
      LEFT JOIN audit_words w ON w.audit_id = c.audit_id
      WHERE c.position > ? ORDER BY c.position LIMIT ${BATCH}`,
    [after.toString()]
  )
  return rows
}

/** What is wrong with a link after the one before, in words; undefined if nothing is. */
function wrongWith(row: Row, before: Head, expected: readonly Head[]): string | undefined {
  const position = before.position + 1n
  if (BigInt(row.position) !== position) {
    return `After ${before.position} the chain goes on with ${row.position}: what was between is gone.`
  }
  if (row.line === null) return `The line ${row.audit_id} is gone from the log.`
  if (chainHash(before.hash, position, row.line) !== row.hash) {
    return `The line ${row.audit_id} is not the one that was sealed here: it was changed, put in or moved.`
  }
  const once = expected.find((head) => head.position === position && head.hash !== row.hash)
  if (once) {
    return `The chain had ${headText(once)} here and has ${row.hash} now: it was written anew.`
  }
  if (row.salt === null) return
  const words = { salt: row.salt, reason: row.reason, operator: row.operator }
  if (row.words_hash === null || hashOfWords(words) !== row.words_hash) {
    return `The words of the line ${row.audit_id} are not those that it was written with.`
  }
}

async function withUnsealed(
  trx: TransactionClientContract,
  verdict: AuditVerdict,
  minutes: number
): Promise<AuditVerdict> {
  const { rows } = await trx.rawQuery(
    `SELECT count(*)::int AS waiting, count(*) FILTER (WHERE too_old)::int AS forgotten,
        min(id::text) FILTER (WHERE too_old) AS first
      FROM (
        SELECT l.id, l.at < now() - make_interval(mins => ?) AS too_old FROM audit_log l
          WHERE NOT EXISTS (SELECT FROM audit_chain c WHERE c.audit_id = l.id)
      ) unsealed`,
    [minutes]
  )
  const { waiting, forgotten, first } = rows[0]
  verdict.waiting = waiting
  if (forgotten === 0) return { ...verdict, ok: true }
  const message = `${forgotten} lines are older than ${minutes} minutes and in no place of the chain, the first is ${first}: they were put in, the end of the chain was cut off, or the job that seals does not run.`
  return { ...verdict, bad: { position: null, auditId: first, message } }
}

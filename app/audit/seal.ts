import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { inTransaction } from '#database/transaction'
import { CANONICAL, chainHash, GENESIS, type Head } from '#audit/chain'

const BATCH = 1000

/**
 * How long before the last line was sealed one may have been written that is not sealed yet, because its
 * transaction took so long. What is older is no late line, and `audit:verify` finds it.
 */
const LATEST_HOURS = 24

/**
 * Adds what was written to the audit log since to the hash chain, in batches. One at a time: whoever finds
 * somebody else sealing has nothing to do.
 *
 * @returns how many lines were sealed
 */
export async function sealAudit(): Promise<number> {
  for (let sealed = 0; ;) {
    const lines = await inTransaction(sealBatch)
    sealed += lines
    if (lines < BATCH) return sealed
  }
}

async function sealBatch(trx: TransactionClientContract): Promise<number> {
  const { rows: lock } = await trx.rawQuery(
    `SELECT pg_try_advisory_xact_lock(hashtextextended('audit_chain', 0)) AS mine`
  )
  if (!lock[0].mine) return 0
  const last = await lastLink(trx)
  const { rows } = await trx.rawQuery<{ rows: { id: string; line: string }[] }>(
    `SELECT l.id, ${CANONICAL} AS line FROM audit_log l
      WHERE l.id > ?::uuid AND NOT EXISTS (SELECT FROM audit_chain c WHERE c.audit_id = l.id)
      ORDER BY l.id LIMIT ${BATCH}`,
    [last.from]
  )
  if (rows.length === 0) return 0
  let { position, hash } = last
  const links = rows.map(({ id, line }) => {
    position += 1n
    hash = chainHash(hash, position, line)
    return { position: position.toString(), audit_id: id, hash }
  })
  await trx.table('audit_chain').multiInsert(links)
  return links.length
}

async function lastLink(trx: TransactionClientContract): Promise<Head & { from: string }> {
  const row = await trx
    .from('audit_chain')
    .join('audit_log', 'audit_log.id', 'audit_chain.audit_id')
    .orderBy('position', 'desc')
    .select('position', 'hash', 'at')
    .first()
  if (!row) return { position: 0n, hash: GENESIS, from: idsFrom(0) }
  const from = idsFrom(row.at.getTime() - LATEST_HOURS * 3_600_000)
  return { position: BigInt(row.position), hash: row.hash, from }
}

/** Ids are in the order of time (RFC 9562, version 7): the lowest of this millisecond. */
function idsFrom(ms: number): string {
  const hex = Math.max(ms, 0).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`
}

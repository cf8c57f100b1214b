import { createHash } from 'node:crypto'

/** What the first line's hash covers in place of a hash before. */
export const GENESIS = '0'.repeat(64)

/**
 * A line `l` of the log as the text that is hashed. PostgreSQL writes it: its jsonb has one spelling for the
 * same content, and its timestamps keep their microseconds.
 */
export const CANONICAL = `
  jsonb_build_array(l.id, to_char(l.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), l.actor_type,
    l.actor_id, l.action, l.target_type, l.target_id, l.before, l.after, l.words_hash)::text`

/** The hash at a position of the chain: SHA-256 over the one before, the position and the line. */
export function chainHash(before: string, position: bigint, line: string): string {
  return createHash('sha256').update(`${before}\n${position}\n${line}`).digest('hex')
}

/** The end of the chain, to be kept elsewhere: `<position>:<hash>`. */
export interface Head {
  position: bigint
  hash: string
}

export const headText = ({ position, hash }: Head): string => `${position}:${hash}`

/** Undefined for what is no head. */
export function parseHead(text: string): Head | undefined {
  const found = /^(\d{1,18}):([0-9a-f]{64})$/.exec(text.trim())
  return found ? { position: BigInt(found[1]), hash: found[2] } : undefined
}

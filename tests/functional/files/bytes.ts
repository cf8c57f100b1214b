import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'

export const random = (size: number): Buffer => randomBytes(size)

export const sha256 = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex')

/** The bytes in pieces of so many. */
export function streamOf(bytes: Buffer, size: number): Readable {
  return Readable.from(
    (function* () {
      for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size)
    })()
  )
}

/** The parts, and then an error instead of an end. */
export function throwing(parts: Buffer[]): Readable {
  return Readable.from(
    (async function* () {
      yield* parts
      throw new Error('The source failed.')
    })()
  )
}

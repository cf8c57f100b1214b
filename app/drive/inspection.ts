import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { fileTypeFromBuffer } from 'file-type'

/** The signature of every type is in these first bytes. */
const HEAD_BYTES = 16 * 1024

/** What is learnt of a file while it streams past, however large: its size, its digest and its kind. */
export class Inspection {
  #hash = createHash('sha256')
  #head: Buffer[] = []
  #headBytes = 0
  size = 0

  /** The same bytes, to be read in place of `contents`. */
  watch(contents: Readable): Readable {
    return Readable.from(this.#pass(contents), { objectMode: false, highWaterMark: 256 * 1024 })
  }

  /** Hexadecimal, once everything has passed. */
  digest(): string {
    return this.#hash.digest('hex')
  }

  /** By its first bytes; its name, and what the sender says it is, decide nothing. */
  async contentType(): Promise<string> {
    const head = Buffer.concat(this.#head).subarray(0, HEAD_BYTES)
    // One that only looks like some type is of none.
    const type = await fileTypeFromBuffer(head).catch(() => undefined)
    return type?.mime ?? (isText(head) ? 'text/plain' : 'application/octet-stream')
  }

  async *#pass(contents: Readable): AsyncGenerator<Buffer, void> {
    for await (const chunk of contents as AsyncIterable<Buffer>) {
      this.size += chunk.length
      this.#hash.update(chunk)
      if (this.#headBytes < HEAD_BYTES) {
        this.#head.push(Buffer.from(chunk.subarray(0, HEAD_BYTES)))
        this.#headBytes += chunk.length
      }
      yield chunk
    }
  }
}

/** UTF-8 without control characters, but for those that lay text out. */
function isText(head: Buffer): boolean {
  try {
    // The last character may go on after the head.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true })
    return !/[^\P{Cc}\t\n\f\r]/u.test(text)
  } catch {
    return false
  }
}

import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { refuseCardNumber } from '#validators/refuse_card_number'
import { expectFile } from '#start/http_server'
import { Problem, unprocessable } from '#exceptions/problem'

/** Everything of a body but the file's contents: boundaries, headers, fields. More means no good. */
const OVERHEAD_BYTES = 64 * 1024
const HEADER_BYTES = 8 * 1024
const MAX_PARTS = 20

/** RFC 2046, 5.1.1. */
const BOUNDARY = /;\s*boundary=(?:"([\w'()+,./:=? -]{1,70})"|([\w'()+,./:=?-]{1,70}))\s*(?:;|$)/i

export interface IncomingFile {
  /** As the sender calls it: a label of any kind and length below 8 KB. */
  name: string
  /** Comes in as fast as it is read, and fails with a Problem when it ends too early or not in time. */
  contents: Readable
}

export interface FileRules {
  /** The form's field. */
  field: string
  maxBytes: number
  /** How long nothing may come before the client is taken for gone. Default a minute. */
  silenceMs?: number
  /** How long all of it may take. Default as long as any request. */
  deadlineMs?: number
}

/**
 * Reads the one file of a `multipart/form-data` request as a stream. Fields beside it are ignored.
 *
 * The framework's parser does neither of two things that a server on the internet needs: it keeps part
 * headers of any length in memory, and a body that ends within a part that nobody reads ends the process.
 *
 * @param take what to do with the file; when it has returned, the rest of the body is checked, so that
 *   it may have done its work in vain: whatever it wrote is to be deleted if this throws
 * @returns what `take` returned
 * @throws Problem 415 no multipart body; 400 `malformed_multipart` or `upload_aborted`; 413 `too_large`; 422
 *   without the file, or with two
 */
export async function receiveFile<T>(
  request: IncomingMessage,
  { field, maxBytes, silenceMs = 60_000, deadlineMs }: FileRules,
  take: (file: IncomingFile) => Promise<T>
): Promise<T> {
  const boundary = boundaryOf(request)
  if (Number(request.headers['content-length']) > maxBytes + OVERHEAD_BYTES) {
    throw refuse(request, tooLarge(maxBytes))
  }
  expectFile(request)
  // A client whose upload is refused still sends; what it sends is read, or it would not read the answer.
  const chunks = request.iterator({ destroyOnReturn: false })
  const hangUp = () => request.destroy(new Error('The client is silent.'))
  request.socket.setTimeout(silenceMs).on('timeout', hangUp)
  const deadline =
    deadlineMs &&
    setTimeout(() => request.destroy(new Error('The client is too slow.')), deadlineMs)
  const body = new Body(chunks, boundary)
  let taken: { result: T } | undefined
  try {
    for (let parts = 0; ; parts++) {
      const part = await body.nextPart()
      if (!part) break
      if (parts === MAX_PARTS) throw tooMuch()
      if (part.field !== field || part.name === undefined || part.name === '') {
        await body.skip()
        continue
      }
      if (taken) {
        throw unprocessable(field, 'one_file', `Send one file as "${field}" at a time.`)
      }
      refuseCardNumber(part.name, field)
      taken = { result: await takeFrom(body, part.name, maxBytes, take) }
    }
    if (taken) return taken.result
    throw unprocessable(field, 'required', `Send a file as the field "${field}".`)
  } catch (error) {
    void chunks.return!(undefined).finally(() => request.resume())
    throw error
  } finally {
    clearTimeout(deadline)
    request.socket.setTimeout(0).off('timeout', hangUp)
  }
}

async function takeFrom<T>(
  body: Body,
  name: string,
  maxBytes: number,
  take: (file: IncomingFile) => Promise<T>
): Promise<T> {
  let failed: { error: unknown } | undefined
  const contents = Readable.from(
    (async function* () {
      let size = 0
      try {
        for await (const chunk of body.contents()) {
          size += chunk.length
          if (size > maxBytes) throw tooLarge(maxBytes)
          yield chunk
        }
      } catch (error) {
        failed = { error }
        throw error
      }
    })(),
    { objectMode: false, highWaterMark: 256 * 1024 }
  )
  // Whoever reads it hears of it; one who has left it must not bring the process down.
  contents.on('error', () => {})
  try {
    return await take({ name, contents })
  } catch (error) {
    // A disk says that it could not write; why is what the sender must know.
    throw failed ? failed.error : error
  } finally {
    contents.destroy()
  }
}

function refuse(request: IncomingMessage, error: unknown): unknown {
  request.resume()
  return error
}

function boundaryOf(request: IncomingMessage): string {
  const type = request.headers['content-type'] ?? ''
  const encoding = request.headers['content-encoding'] ?? 'identity'
  const found = /^multipart\/form-data\s*(;|$)/i.test(type) && BOUNDARY.exec(type)
  if (!found || encoding !== 'identity') {
    throw refuse(
      request,
      new Problem(
        'Send the file as "Content-Type: multipart/form-data; boundary=…", uncompressed.',
        {
          code: 'unsupported_media_type',
          status: 415,
        }
      )
    )
  }
  return found[1] ?? found[2]
}

export function tooLarge(maxBytes: number): Problem {
  return new Problem(`The file is larger than ${Math.floor(maxBytes / 1024 / 1024)} MB.`, {
    code: 'too_large',
    status: 413,
    extra: { max_bytes: maxBytes },
  })
}

function tooMuch(): Problem {
  return new Problem('There is too much in the body beside the file.', {
    code: 'too_large',
    status: 413,
  })
}

function malformed(detail: string): Problem {
  return new Problem(detail, { code: 'malformed_multipart', status: 400 })
}

interface Part {
  field: string | undefined
  /** Only files have one. */
  name: string | undefined
}

/** A body as its parts, in order, of which no more than a chunk is in memory. */
class Body {
  #delimiter: Buffer
  /** What was read and not yet used. The first boundary has no line break before it, so it gets one. */
  #pending: Buffer = Buffer.from('\r\n')
  #overhead = 0
  #ended = false

  constructor(
    private chunks: AsyncIterator<Buffer>,
    boundary: string
  ) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`)
  }

  /** The part before it must have been read. Undefined after the last one. */
  async nextPart(): Promise<Part | undefined> {
    if (this.#ended) return undefined
    // Before the first part: what is there means nothing, as after the last.
    if (this.#overhead === 0) await this.#until(this.#delimiter, HEADER_BYTES)
    const after = await this.#take(2)
    if (after === '--') {
      await this.#discardRest()
      return undefined
    }
    if (after !== '\r\n') throw malformed('A boundary of the body is not followed by a line break.')
    // A part without headers begins with the line break that ends them.
    this.#pending = Buffer.concat([Buffer.from('\r\n'), this.#pending])
    const headers = await this.#until(Buffer.from('\r\n\r\n'), HEADER_BYTES)
    return readDisposition(headers.toString('utf-8'))
  }

  /** Of the part that was begun. */
  async *contents(): AsyncGenerator<Buffer, void> {
    for (;;) {
      const at = this.#pending.indexOf(this.#delimiter)
      if (at >= 0) {
        const last = this.#pending.subarray(0, at)
        this.#pending = this.#pending.subarray(at + this.#delimiter.length)
        if (last.length > 0) yield last
        return
      }
      // What may be the beginning of a boundary waits for more.
      const sure = this.#pending.length - this.#delimiter.length + 1
      if (sure > 0) {
        const chunk = this.#pending.subarray(0, sure)
        this.#pending = this.#pending.subarray(sure)
        yield chunk
      }
      await this.#more()
    }
  }

  async skip(): Promise<void> {
    for await (const chunk of this.contents()) this.#count(chunk.length)
  }

  /** What comes before a delimiter, which is taken away too. */
  async #until(delimiter: Buffer, maxBytes: number): Promise<Buffer> {
    for (;;) {
      const at = this.#pending.indexOf(delimiter)
      if (at > maxBytes || (at < 0 && this.#pending.length > maxBytes + delimiter.length)) {
        throw malformed('A part of the body has no end to its headers.')
      }
      if (at >= 0) {
        const found = this.#pending.subarray(0, at)
        this.#pending = this.#pending.subarray(at + delimiter.length)
        this.#count(at + delimiter.length)
        return found
      }
      await this.#more()
    }
  }

  async #take(bytes: number): Promise<string> {
    while (this.#pending.length < bytes) await this.#more()
    const taken = this.#pending.subarray(0, bytes).toString('latin1')
    this.#pending = this.#pending.subarray(bytes)
    return taken
  }

  /** After the last boundary. */
  async #discardRest(): Promise<void> {
    this.#ended = true
    this.#count(this.#pending.length)
    for (;;) {
      const { done, value } = await this.#read()
      if (done) return
      this.#count(value.length)
    }
  }

  #count(bytes: number): void {
    this.#overhead += bytes
    if (this.#overhead > OVERHEAD_BYTES) {
      throw tooMuch()
    }
  }

  async #more(): Promise<void> {
    const { done, value } = await this.#read()
    if (done) throw malformed('The body ends before its last boundary.')
    this.#pending = this.#pending.length === 0 ? value : Buffer.concat([this.#pending, value])
  }

  async #read(): Promise<IteratorResult<Buffer>> {
    try {
      return await this.chunks.next()
    } catch (cause) {
      throw new Problem('The upload broke off.', { code: 'upload_aborted', status: 400, cause })
    }
  }
}

/** RFC 7578, 4.2, and the HTML standard: names are UTF-8, with quotes and line breaks percent-encoded. */
function readDisposition(headers: string): Part {
  const line = /\r\ncontent-disposition:\s*form-data([^\r\n]*)/i.exec(headers)?.[1] ?? ''
  return { field: parameter(line, 'name'), name: parameter(line, 'filename') }
}

function parameter(line: string, name: string): string | undefined {
  const found = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s"]+))`, 'i').exec(line)
  const value = found?.[1] ?? found?.[2]
  return value
    ?.replace(/\\(["\\])/g, '$1')
    .replace(/%22/g, '"')
    .replace(/%0D/gi, '\r')
    .replace(/%0A/gi, '\n')
}

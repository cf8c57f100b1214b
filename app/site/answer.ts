import { createHash } from 'node:crypto'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { HttpContext } from '@adonisjs/core/http'

/** Text that is the same for everybody who asks, as it goes over the wire. */
export interface Answer {
  etag: string
  plain: Buffer
  br: Buffer
  gzip: Buffer
}

/** Compressed once, when it was made, and not for every request. */
export function answerOf(text: string): Answer {
  const plain = Buffer.from(text)
  const hash = createHash('sha256').update(plain).digest('base64url').slice(0, 27)
  return {
    // Weak: it is the same page however it is compressed.
    etag: `W/"${hash}"`,
    plain,
    br: brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } }),
    gzip: gzipSync(plain),
  }
}

/** Seconds that browsers and a CDN may keep an answer without asking again. */
interface Keep {
  seconds: number
}

/** Sends it compressed as the browser likes best; nothing to one that has it already. */
export function sendAnswer(
  { request, response }: HttpContext,
  answer: Answer,
  { type, seconds }: Keep & { type: string }
): void {
  response.header('cache-control', seconds > 0 ? `public, max-age=${seconds}` : 'no-cache')
  response.header('etag', answer.etag)
  response.vary('Accept-Encoding')
  if (request.header('if-none-match') === answer.etag) return response.status(304).send(null)
  response.header('content-type', type)
  const encoding = preferredEncoding(request)
  if (encoding) response.header('content-encoding', encoding)
  response.send(encoding ? answer[encoding] : answer.plain)
}

export function preferredEncoding(request: HttpContext['request']): 'br' | 'gzip' | undefined {
  const taken = request.encodings()
  return (['br', 'gzip'] as const).find((encoding) => taken.includes(encoding))
}

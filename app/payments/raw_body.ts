import type { IncomingMessage } from 'node:http'
import { Problem } from '#exceptions/problem'

const LIMIT_BYTES = 1_048_576

/**
 * A webhook's body, byte for byte as it was signed: parsing and writing it again would change it.
 *
 * @throws Problem 413 above one megabyte, 400 if the sender breaks off
 */
export async function readRawBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += (chunk as Buffer).length
      if (size > LIMIT_BYTES) break
      chunks.push(chunk as Buffer)
    }
  } catch (cause) {
    throw new Problem('The request ended before its body did.', {
      code: 'bad_request',
      status: 400,
      cause,
    })
  }
  if (size <= LIMIT_BYTES) return Buffer.concat(chunks).toString('utf8')
  // What still comes is read off and dropped, so that the sender gets the answer.
  request.resume()
  throw new Problem('The body is larger than one megabyte.', {
    code: 'too_large',
    status: 413,
  })
}

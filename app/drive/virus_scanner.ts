import { connect, type Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { once } from 'node:events'
import env from '#start/env'

/** How long clamd may be silent while it takes a file in or thinks about it. */
const SILENCE_MS = 120_000

/** No answer of clamd is longer. */
const ANSWER_BYTES = 4096

export type Verdict = { clean: true } | { clean: false; signature: string }

/** There is a scanner, and what is uploaded waits for it. */
export function scannerIsSetUp(): boolean {
  return Boolean(env.get('CLAMAV_SOCKET') || env.get('CLAMAV_HOST'))
}

/**
 * Has clamd look at a file, by its command INSTREAM: pieces, each with its length before it, an empty one
 * at the end (clamd(8)).
 *
 * @throws Error if clamd cannot be reached, breaks off or refuses, as it does beyond its `StreamMaxLength`:
 *   nothing is known of the file then
 */
export async function scan(contents: Readable): Promise<Verdict> {
  // A file that cannot be opened says so before anybody reads it; whoever reads it is told again.
  contents.on('error', () => {})
  const socket = dial()
  const answer = answerOf(socket)
  try {
    await Promise.race([once(socket, 'connect'), answer])
    await send(socket, Buffer.from('zINSTREAM\0'))
    for await (const chunk of contents as AsyncIterable<Buffer>) {
      if (chunk.length === 0) continue
      const length = Buffer.alloc(4)
      length.writeUInt32BE(chunk.length)
      if (!(await send(socket, Buffer.concat([length, chunk])))) break
    }
    await send(socket, Buffer.alloc(4))
    return verdictOf(await answer)
  } finally {
    socket.destroy()
    contents.destroy()
    answer.catch(() => {})
  }
}

function dial(): Socket {
  const path = env.get('CLAMAV_SOCKET')
  const socket = path
    ? connect({ path })
    : connect({ host: env.get('CLAMAV_HOST')!, port: env.get('CLAMAV_PORT') ?? 3310 })
  return socket.setTimeout(SILENCE_MS, () => socket.destroy(new Error('clamd is silent')))
}

/** Everything that clamd says until it hangs up. What it has said counts, even if it hung up on us. */
function answerOf(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    let failure: Error | undefined
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => (said = (said + text).slice(0, ANSWER_BYTES)))
    socket.on('error', (error) => (failure = error))
    socket.on('close', () => {
      const end = said.indexOf('\0')
      if (end >= 0) resolve(said.slice(0, end))
      else reject(failure ?? new Error('clamd hung up without an answer'))
    })
  })
}

/** @returns false if clamd takes no more; it has said why */
async function send(socket: Socket, bytes: Buffer): Promise<boolean> {
  if (!socket.writable) return false
  if (socket.write(bytes)) return true
  await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => {})
  return socket.writable
}

function verdictOf(answer: string): Verdict {
  if (/^stream: OK$/.test(answer)) return { clean: true }
  const found = /^stream: (.+) FOUND$/.exec(answer)
  if (found) return { clean: false, signature: found[1] }
  throw new Error(`clamd says "${answer}"`)
}

import { connect, type Socket } from 'node:net'

export interface Target {
  port: number
  path: string
  token?: string
}

const HEAD_END = Buffer.from('\r\n\r\n')

/**
 * One kept-alive connection. It reads of an answer only where it ends, because whatever the measuring
 * takes of the machine, the measured have not.
 */
class Connection {
  #socket: Socket
  #received: Buffer = Buffer.alloc(0)
  #settle?: { resolve(body: Buffer): void; reject(error: Error): void }

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.setNoDelay(true)
    this.#socket.on('data', (chunk) => this.#take(chunk))
    this.#socket.on('error', (error) => this.#settle?.reject(error))
    this.#socket.on('close', () => this.#settle?.reject(new Error('The connection was closed.')))
  }

  /** Sends a request and resolves with the body of its answer, which must be a 200. */
  send(request: string): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
      this.#socket.write(request)
    })
  }

  close(): void {
    this.#settle = undefined
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length ? Buffer.concat([this.#received, chunk]) : chunk
    const head = this.#received.indexOf(HEAD_END)
    if (head < 0) return
    const text = this.#received.toString('latin1', 0, head)
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1])
    const start = head + HEAD_END.length
    if (this.#received.length < start + length) return
    const body = this.#received.subarray(start, start + length)
    this.#received = this.#received.subarray(start + length)
    if (text.startsWith('HTTP/1.1 200') && !Number.isNaN(length)) this.#settle?.resolve(body)
    else this.#settle?.reject(new Error(`Not a 200 with a length: ${text}\n${body}`))
  }
}

/** The text of a request: a GET, or a POST if there is a body. */
export function requestText(path: string, headers: Record<string, string>, body?: string): string {
  const lines = Object.entries({ host: 'bench', accept: 'application/json', ...headers })
  if (body !== undefined) lines.push(['content-length', String(Buffer.byteLength(body))])
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return `${body === undefined ? 'GET' : 'POST'} ${path} HTTP/1.1\r\n${head}\r\n${body ?? ''}`
}

function getOf({ path, token }: Target): string {
  return requestText(path, token ? { authorization: `Bearer ${token}` } : {})
}

/** The body of one answer. */
export async function fetchBody(target: Target): Promise<string> {
  const connection = new Connection(target.port)
  try {
    return (await connection.send(getOf(target))).toString()
  } finally {
    connection.close()
  }
}

/** Requests per second that a server answers to callers who never pause. */
export async function throughput(target: Target, callers: number, ms: number): Promise<number> {
  const request = getOf(target)
  const deadline = performance.now() + ms
  const next = () => (performance.now() < deadline ? request : undefined)
  return (await drive(target.port, callers, next)).perSecond
}

/** What driving a server came to. */
export interface Driven {
  perSecond: number
  /** Of each request, in milliseconds. */
  taken: number[]
}

/**
 * Callers who never pause, until there is no next request.
 *
 * @param next the text of the next request
 */
export async function drive(
  port: number,
  callers: number,
  next: () => string | undefined
): Promise<Driven> {
  const connections = Array.from({ length: callers }, () => new Connection(port))
  const taken: number[] = []
  const started = performance.now()
  try {
    await Promise.all(
      connections.map(async (connection) => {
        for (let request = next(); request !== undefined; request = next()) {
          const sent = performance.now()
          await connection.send(request)
          taken.push(performance.now() - sent)
        }
      })
    )
  } finally {
    connections.forEach((connection) => connection.close())
  }
  return { perSecond: taken.length / ((performance.now() - started) / 1000), taken }
}

/** Milliseconds of each of a row of requests, one after the other. */
export async function latencies(target: Target, requests: number): Promise<number[]> {
  const request = getOf(target)
  let left = requests
  return (await drive(target.port, 1, () => (left-- > 0 ? request : undefined))).taken
}

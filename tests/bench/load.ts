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
  #request: string
  #received: Buffer = Buffer.alloc(0)
  #settle?: { resolve(body: Buffer): void; reject(error: Error): void }

  constructor({ port, path, token }: Target) {
    const headers = ['Host: bench', 'Accept: application/json']
    if (token) headers.push(`Authorization: Bearer ${token}`)
    this.#request = `GET ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.setNoDelay(true)
    this.#socket.on('data', (chunk) => this.#take(chunk))
    this.#socket.on('error', (error) => this.#settle?.reject(error))
    this.#socket.on('close', () => this.#settle?.reject(new Error('The connection was closed.')))
  }

  /** Sends the request and resolves with the body of its answer, which must be a 200. */
  get(): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
      this.#socket.write(this.#request)
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

/** The body of one answer. */
export async function fetchBody(target: Target): Promise<string> {
  const connection = new Connection(target)
  try {
    return (await connection.get()).toString()
  } finally {
    connection.close()
  }
}

/** Requests per second that a server answers to callers who never pause. */
export async function throughput(target: Target, callers: number, ms: number): Promise<number> {
  const connections = Array.from({ length: callers }, () => new Connection(target))
  const started = performance.now()
  let answered = 0
  await Promise.all(
    connections.map(async (connection) => {
      while (performance.now() - started < ms) {
        await connection.get()
        answered++
      }
    })
  )
  const seconds = (performance.now() - started) / 1000
  connections.forEach((connection) => connection.close())
  return answered / seconds
}

/** Milliseconds of each of a row of requests, one after the other. */
export async function latencies(target: Target, requests: number): Promise<number[]> {
  const connection = new Connection(target)
  const taken: number[] = []
  for (let i = 0; i < requests; i++) {
    const started = performance.now()
    await connection.get()
    taken.push(performance.now() - started)
  }
  connection.close()
  return taken
}

import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Faults, type FaultKind, type FaultPlan, type Target } from './faults.js'

/** One request as tests look back on it. */
export interface LogEntry<Params> {
  method: string
  path: string
  params: Params
  /** What the API answered; 0 while it has not. The caller may have seen a fault instead. */
  status: number
  replayed: boolean
  fault?: FaultKind
}

/** A request taken and the answer given, for whoever checks them against a contract. */
export interface Exchange {
  method: string
  path: string
  template: string
  params: unknown
  /** The query where it is told apart from the body; `params` then is the body. */
  query?: Record<string, string>
  status: number
  body: unknown
}

export interface Answer {
  status: number
  /** JSON, or empty where the status says that there is none. */
  body: string
  replayed: boolean
}

/** What a stand-in is to the HTTP side: it reads a request, judges it, and says how errors look. */
export interface ServedApi<
  Params,
  Request extends Target<Params>,
  Entry extends LogEntry<Params>,
  Plan extends FaultPlan<Params>,
> {
  /** Whose stand-in it is. */
  readonly vendor: string
  read(method: string, url: string, headers: IncomingHttpHeaders, body: Buffer): Request
  answer(request: Request): Answer
  /** The answer is out, or lost: what the request held is free. */
  release(request: Request): void
  /** What its log says of a request beyond what every log says. */
  noted(request: Request): Omit<Entry, keyof LogEntry<Params>>
  headers(request: Request, answer: Answer): Record<string, string>
  failure(status: 500 | 429): string
  exchanged(request: Request): Pick<Exchange, 'params' | 'query'>
  /** A fault takes the place of this answer, or of none if nothing has happened yet. */
  faulted?(request: Request, plan: Plan, answer?: Answer): void
}

/** Serves what is not the API: hosted pages and the sandbox's own controls. */
export type SideDoor = (request: {
  method: string
  path: string
  query: URLSearchParams
  body: string
}) => Promise<{ status: number; headers: Record<string, string>; body: string } | undefined>

/** The HTTP side: reads requests, lets planned faults happen, writes answers and the request log. */
export class HttpServer<
  Params,
  Request extends Target<Params>,
  Entry extends LogEntry<Params>,
  Plan extends FaultPlan<Params>,
> {
  readonly log: Entry[] = []
  readonly listeners = new Set<(exchange: Exchange) => void>()
  #server: Server

  constructor(
    private api: ServedApi<Params, Request, Entry, Plan>,
    private faults: Faults<Params, Plan>,
    private sideDoors: SideDoor[]
  ) {
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        console.error(`${api.vendor} sandbox: defect while answering`, request.url, error)
        if (!response.headersSent) response.writeHead(500)
        response.end(api.failure(500))
      })
    })
  }

  /** @param address to listen on; by default only this machine reaches us */
  async listen(port: number, address = '127.0.0.1'): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, address, resolve)
    })
    return (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    this.faults.clear()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bytesOf(incoming)
    const url = new URL(incoming.url ?? '/', 'http://sandbox')
    const method = incoming.method ?? 'GET'
    const asked = { method, path: url.pathname, query: url.searchParams, body: body.toString() }
    for (const door of this.sideDoors) {
      const side = await door(asked)
      if (!side) continue
      response.writeHead(side.status, side.headers)
      response.end(side.body)
      return
    }
    const request = this.api.read(method, incoming.url ?? '/', incoming.headers, body)
    await this.#answer(request, response)
  }

  async #answer(request: Request, response: ServerResponse): Promise<void> {
    const entry = this.#logged(request)
    const plan = this.faults.take(request)
    entry.fault = plan?.with
    await this.faults.pause('before', request)
    if (plan?.at === 'before') return this.#fail(plan, request, response)
    const answer = this.api.answer(request)
    entry.status = answer.status
    entry.replayed = answer.replayed
    try {
      this.#report(request, answer)
      await this.faults.pause('after', request)
    } finally {
      this.api.release(request)
    }
    if (plan) return this.#fail(plan, request, response, answer)
    this.#write(response, request, answer)
  }

  #fail(plan: Plan, request: Request, response: ServerResponse, answer?: Answer): void {
    this.api.faulted?.(request, plan, answer)
    switch (plan.with) {
      case 'timeout':
        // Never answered: the socket is held until the client gives up or the server stops.
        return
      case 'reset':
        response.socket?.resetAndDestroy()
        return
      case 'malformed':
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end((answer?.body || '{"id": "').slice(0, 40))
        return
      default: {
        const failed = { status: plan.with, body: this.api.failure(plan.with), replayed: false }
        this.#write(response, request, failed)
      }
    }
  }

  #write(response: ServerResponse, request: Request, answer: Answer): void {
    response.writeHead(answer.status, {
      ...(answer.body && { 'content-type': 'application/json' }),
      ...this.api.headers(request, answer),
    })
    response.end(answer.body)
  }

  #logged(request: Request): Entry {
    const { method, path, params } = request
    const common: LogEntry<Params> = { method, path, params, status: 0, replayed: false }
    const entry = { ...common, ...this.api.noted(request) } as Entry
    this.log.push(entry)
    return entry
  }

  #report(request: Request, { status, body }: Answer): void {
    if (this.listeners.size === 0) return
    const { method, path, template } = request
    const parsed = body ? (JSON.parse(body) as unknown) : undefined
    const exchange = {
      method,
      path,
      template,
      ...this.api.exchanged(request),
      status,
      body: parsed,
    }
    for (const listener of this.listeners) listener(exchange)
  }
}

async function bytesOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

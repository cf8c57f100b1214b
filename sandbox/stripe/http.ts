import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Api, apiError, type ApiAnswer, type ApiRequest } from './api.js'
import { type Faults, type FaultKind, type FaultPlan } from './faults.js'
import type { Form } from './form.js'
import { API_VERSION } from './world.js'

/** One request as tests look back on it. */
export interface RequestLogEntry {
  method: string
  path: string
  params: Form
  idempotencyKey?: string
  stripeAccount?: string
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
  params: Form
  status: number
  body: unknown
}

/** Serves what is not the API: the hosted pages and the sandbox's own controls. */
export type SideDoor = (request: {
  method: string
  path: string
  query: URLSearchParams
  body: string
}) => Promise<{ status: number; headers: Record<string, string>; body: string } | undefined>

/** The HTTP side: reads requests, lets planned faults happen, writes answers and the request log. */
export class HttpServer {
  readonly log: RequestLogEntry[] = []
  readonly listeners = new Set<(exchange: Exchange) => void>()
  #server: Server

  constructor(
    private api: Api,
    private faults: Faults,
    private sideDoor: SideDoor
  ) {
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        console.error('Stripe sandbox: defect while answering', request.url, error)
        if (!response.headersSent) response.writeHead(500)
        response.end(apiError(500))
      })
    })
  }

  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, '127.0.0.1', resolve)
    })
    return (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    this.faults.clear()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await textOf(incoming)
    const url = new URL(incoming.url ?? '/', 'http://sandbox')
    const method = incoming.method ?? 'GET'
    const side = await this.sideDoor({ method, path: url.pathname, query: url.searchParams, body })
    if (side) {
      response.writeHead(side.status, side.headers)
      response.end(side.body)
      return
    }
    const request = this.api.read(method, incoming.url ?? '/', incoming.headers, body)
    await this.#answer(request, response)
  }

  async #answer(request: ApiRequest, response: ServerResponse): Promise<void> {
    const entry = this.#logged(request)
    const plan = this.faults.take(request)
    entry.fault = plan?.with
    await this.faults.pause('before', request)
    if (plan?.at === 'before') {
      if (plan.replay500) this.api.remember(request, { status: 500, body: apiError(500) })
      return misbehave(plan.with, request, response)
    }
    const answer = this.api.answer(request)
    entry.status = answer.status
    entry.replayed = answer.replayed
    try {
      this.#report(request, answer)
      await this.faults.pause('after', request)
    } finally {
      this.api.release(request)
    }
    if (plan) return this.#fail(plan, request, answer, response)
    write(response, request, answer)
  }

  #fail(plan: FaultPlan, request: ApiRequest, answer: ApiAnswer, response: ServerResponse): void {
    if (plan.replay500 && !answer.replayed) {
      this.api.remember(request, { status: 500, body: apiError(500) })
    }
    misbehave(plan.with, request, response, answer)
  }

  #logged(request: ApiRequest): RequestLogEntry {
    const entry: RequestLogEntry = {
      method: request.method,
      path: request.path,
      params: request.params,
      ...(request.idempotencyKey !== undefined && { idempotencyKey: request.idempotencyKey }),
      ...(request.owner && { stripeAccount: request.owner }),
      status: 0,
      replayed: false,
    }
    this.log.push(entry)
    return entry
  }

  #report({ method, path, template, params }: ApiRequest, { status, body }: ApiAnswer): void {
    if (this.listeners.size === 0) return
    const exchange = { method, path, template, params, status, body: JSON.parse(body) as unknown }
    for (const listener of this.listeners) listener(exchange)
  }
}

function write(
  response: ServerResponse,
  request: ApiRequest,
  { status, body, replayed, originalRequest }: ApiAnswer
): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'request-id': request.id,
    'stripe-version': API_VERSION,
    ...(request.idempotencyKey !== undefined && { 'idempotency-key': request.idempotencyKey }),
    ...(replayed && { 'idempotent-replayed': 'true', 'original-request': originalRequest ?? '' }),
    ...(request.owner && { 'stripe-account': request.owner }),
  })
  response.end(body)
}

function misbehave(
  kind: FaultKind,
  request: ApiRequest,
  response: ServerResponse,
  answer?: ApiAnswer
): void {
  switch (kind) {
    case 'timeout':
      // Never answered: the socket is held until the client gives up or the server stops.
      return
    case 'reset':
      response.socket?.resetAndDestroy()
      return
    case 'malformed':
      response.writeHead(200, { 'content-type': 'application/json', 'request-id': request.id })
      response.end((answer?.body ?? '{"id": "').slice(0, 40))
      return
    default:
      write(response, request, { status: kind, body: apiError(kind), replayed: false })
  }
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

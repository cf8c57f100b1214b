import { createServer, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { waitFor } from '../../bin/surroundings/wait.js'

export type Values = Record<string, string | number | boolean>

export interface CollectedSpan {
  service: string
  name: string
  traceId: string
  spanId: string
  parentSpanId: string
  kind: number
  attributes: Values
  events: { name: string; attributes: Values }[]
  status: { code?: number; message?: string }
}

export interface CollectedLog {
  service: string
  body: string
  severity: string
  traceId: string
  attributes: Values
}

export interface CollectedPoint {
  service: string
  name: string
  unit: string
  value: number
  attributes: Values
}

interface Attribute {
  key: string
  value: Record<string, unknown>
}

/** A collector of OpenTelemetry that keeps what it is sent: OTLP over HTTP, as JSON. */
export class Collector {
  spans: CollectedSpan[] = []
  logs: CollectedLog[] = []
  points: CollectedPoint[] = []
  /** Everything that came, to the letter. */
  received = ''

  #server = createServer((request, response) => {
    void read(request).then((body) => {
      this.received += body
      this.#take(request.url ?? '', JSON.parse(body))
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })

  /** @returns its address, for `OTEL_EXPORTER_OTLP_ENDPOINT` */
  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  /** Waits for a span, which is sent some seconds after it is over. */
  span(is: (span: CollectedSpan) => boolean): Promise<CollectedSpan> {
    return found('a span', () => this.spans.find(is))
  }

  log(is: (log: CollectedLog) => boolean): Promise<CollectedLog> {
    return found('a line of the log', () => this.logs.find(is))
  }

  /** The last value that was told of a metric. */
  point(is: (point: CollectedPoint) => boolean): Promise<CollectedPoint> {
    return found('a metric', () => this.points.findLast(is))
  }

  #take(path: string, body: any): void {
    const each = body.resourceSpans ?? body.resourceLogs ?? body.resourceMetrics ?? []
    for (const { resource, scopeSpans, scopeLogs, scopeMetrics } of each) {
      const service = String(valuesOf(resource.attributes)['service.name'])
      for (const { spans } of scopeSpans ?? [])
        this.spans.push(...spans.map((span: any) => spanOf(service, span)))
      for (const { logRecords } of scopeLogs ?? [])
        this.logs.push(...logRecords.map((log: any) => logOf(service, log)))
      for (const { metrics } of scopeMetrics ?? []) {
        this.points.push(...metrics.flatMap((metric: any) => pointsOf(service, metric)))
      }
    }
    if (!/^\/v1\/(traces|logs|metrics)$/.test(path))
      throw new Error(`The collector has no ${path}.`)
  }
}

async function found<T>(what: string, look: () => T | undefined): Promise<T> {
  let item: T | undefined
  await waitFor(what, async () => (item = look()) !== undefined, { withinMs: 30_000 })
  return item!
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString()
}

function valuesOf(attributes: Attribute[] = []): Values {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, Object.values(value)[0] as string | number])
  )
}

function spanOf(service: string, span: any): CollectedSpan {
  const { name, traceId, spanId, parentSpanId = '', kind, status = {} } = span
  const events = (span.events ?? []).map((event: any) => ({
    name: event.name,
    attributes: valuesOf(event.attributes),
  }))
  const attributes = valuesOf(span.attributes)
  return { service, name, traceId, spanId, parentSpanId, kind, status, attributes, events }
}

function logOf(service: string, log: any): CollectedLog {
  return {
    service,
    body: String(log.body?.stringValue ?? ''),
    severity: log.severityText,
    traceId: log.traceId ?? '',
    attributes: valuesOf(log.attributes),
  }
}

function pointsOf(service: string, { name, unit, ...data }: any): CollectedPoint[] {
  const points = (data.gauge ?? data.sum ?? data.histogram ?? { dataPoints: [] }).dataPoints
  return points.map((point: any) => ({
    service,
    name,
    unit,
    value: Number(point.asDouble ?? point.asInt ?? point.count),
    attributes: valuesOf(point.attributes),
  }))
}

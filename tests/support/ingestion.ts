import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { newKeyPair } from '#sandbox/paypal/certificate'
import { waitFor } from '../../bin/surroundings/wait.js'

/** What Application Insights takes in: one fact of one of its tables. */
export interface Envelope {
  name: string
  tags: Record<string, string>
  data: { baseType: string; baseData: Record<string, any> }
}

const { certificate: cert, privateKey: key } = newKeyPair(Date.now())

/**
 * Takes in telemetry as Application Insights does, on the machine itself, and keeps it. The exporter speaks TLS
 * only, and who calls this must not ask who signed its certificate.
 */
export class Ingestion {
  envelopes: Envelope[] = []
  /** Everything that came, to the letter. */
  received = ''

  #server = createServer({ key, cert }, (request, response) => {
    void read(request).then((body) => {
      this.received += body
      const taken = parse(body)
      this.envelopes.push(...taken)
      const answer = { itemsReceived: taken.length, itemsAccepted: taken.length, errors: [] }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    })
  })

  /** @returns a connection string, for `APPLICATIONINSIGHTS_CONNECTION_STRING` */
  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const { port } = this.#server.address() as AddressInfo
    const address = `https://127.0.0.1:${port}`
    return `InstrumentationKey=00000000-0000-4000-8000-000000000000;IngestionEndpoint=${address}/;LiveEndpoint=${address}/`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  /** Waits for a fact, which is sent some seconds after it happened. */
  async one(is: (envelope: Envelope) => boolean): Promise<Envelope> {
    return waitFor('a fact', async () => this.envelopes.find(is), { withinMs: 30_000 })
  }
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString()
}

/** A list, or one after the other on lines of their own. */
function parse(body: string): Envelope[] {
  return body.startsWith('[')
    ? JSON.parse(body)
    : body
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
}

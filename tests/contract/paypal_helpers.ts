import { randomUUID } from 'node:crypto'
import { PayPalSandbox, type SandboxOptions } from '../../sandbox/paypal/index.js'

export const DAY = 24 * 3_600_000
export const WEBHOOK = { paypal: '1JE4291016473214C', venmo: '8PT597110X687430L' }

export interface Answered {
  status: number
  /** Looked into by tests that know what it is. */
  body: any
}

export interface Sending {
  requestId?: string
  whole?: boolean
  token?: string
  headers?: Record<string, string>
  signal?: AbortSignal
}

/** Talks to a sandbox over HTTP, as plainly as can be: its faults and shapes are what is looked at. */
export class Client {
  #token = ''

  constructor(readonly sandbox: PayPalSandbox) {}

  async token(basic = 'sandbox-client:sandbox-secret', grant = 'client_credentials') {
    const response = await fetch(`${this.sandbox.url}/v1/oauth2/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(basic).toString('base64')}` },
      body: new URLSearchParams({ grant_type: grant }),
    })
    return { status: response.status, body: (await response.json()) as Record<string, string> }
  }

  get = (path: string, how: Sending = {}) => this.send('GET', path, undefined, how)
  post = (path: string, body?: object | string, how: Sending = {}) =>
    this.send('POST', path, body, how)

  async send(
    method: string,
    path: string,
    body: object | string | undefined,
    { requestId, whole, token, headers, signal }: Sending
  ): Promise<Answered> {
    const bearer = token ?? (this.#token ||= (await this.token()).body.access_token)
    const url = path.startsWith('http') ? path : `${this.sandbox.url}${path}`
    const response = await fetch(url, {
      method,
      signal,
      headers: {
        authorization: `Bearer ${bearer}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(requestId && { 'paypal-request-id': requestId }),
        ...(whole && { prefer: 'return=representation' }),
        ...headers,
      },
      body: typeof body === 'string' ? body : body && JSON.stringify(body),
    })
    const text = await response.text()
    return { status: response.status, body: text ? JSON.parse(text) : undefined }
  }
}

type Test = { cleanup(callback: () => Promise<void>): void }

/** A started sandbox with a client, stopped when the test ends. */
export async function started(test: Test, options: SandboxOptions = {}) {
  const sandbox = new PayPalSandbox(options)
  await sandbox.start()
  test.cleanup(() => sandbox.stop())
  return { sandbox, client: new Client(sandbox) }
}

export const usd = (value: string) => ({ currency_code: 'USD', value })

/** What is asked for one payment. */
export function orderFor(
  value = '1000.00',
  { currency = 'USD', invoice = randomUUID() as string, wallet = 'paypal' } = {}
) {
  return {
    intent: 'CAPTURE',
    purchase_units: [
      {
        amount: { currency_code: currency, value },
        description: 'A website',
        invoice_id: invoice,
        custom_id: invoice,
      },
    ],
    payment_source: { [wallet]: { experience_context: { brand_name: 'SafeSend' } } },
  }
}

/** An order that waits for its payer. */
export async function anOrder(
  client: Client,
  ...wanted: Parameters<typeof orderFor>
): Promise<string> {
  const order = orderFor(...wanted)
  const { status, body } = await client.post('/v2/checkout/orders', order, {
    requestId: randomUUID(),
  })
  if (status !== 201) throw new Error(`The order was answered ${status}: ${JSON.stringify(body)}`)
  return body.id
}

/** A payment that has come. */
export async function captured(
  client: Client,
  value = '1000.00',
  options: Parameters<typeof orderFor>[1] & {
    instrument?: Parameters<PayPalSandbox['approve']>[1]
  } = {}
): Promise<{ order: string; capture: string }> {
  const order = await anOrder(client, value, options)
  client.sandbox.approve(order, options.instrument)
  const { body } = await client.post(`/v2/checkout/orders/${order}/capture`, {})
  return { order, capture: body.purchase_units[0].payments.captures[0].id }
}

/** What is asked for one payout. */
export function payoutFor(
  value = '900.00',
  {
    id = randomUUID() as string,
    receiver = 'frank@example.com',
    currency = 'USD',
    ...item
  }: { id?: string; receiver?: string; currency?: string; [field: string]: unknown } = {}
) {
  return {
    sender_batch_header: { sender_batch_id: id, email_subject: 'You have been paid' },
    items: [
      {
        recipient_type: 'EMAIL',
        receiver,
        amount: { currency, value },
        note: `For your work ${id}`,
        sender_item_id: id.slice(0, 63),
        ...item,
      },
    ],
  }
}

/** Sends a payout, and lets it be processed. Answers its batch and item. */
export async function paidOut(client: Client, ...wanted: Parameters<typeof payoutFor>) {
  const { status, body } = await client.post('/v1/payments/payouts', payoutFor(...wanted))
  if (status !== 201) throw new Error(`The payout was answered ${status}: ${JSON.stringify(body)}`)
  const batch: string = body.batch_header.payout_batch_id
  const { body: processed } = await client.get(`/v1/payments/payouts/${batch}`)
  return { batch, item: processed.items[0].payout_item_id as string }
}

/** Everything that moved the balance, as the reports have it. */
export async function reported(client: Client, query: Record<string, string> = {}) {
  const { now } = client.sandbox
  const period = {
    start_date: new Date(now - 30 * DAY).toISOString(),
    end_date: new Date(now + 60_000).toISOString(),
  }
  return client.get(`/v1/reporting/transactions?${new URLSearchParams({ ...period, ...query })}`)
}

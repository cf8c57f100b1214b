import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import pg from 'pg'
import { newKeyPair } from '#sandbox/paypal/certificate'
import { signEvent } from '#sandbox/paypal/signature'
import { signPayload } from '#sandbox/stripe/webhooks'
import { freePort } from '../../bin/surroundings/ports.js'
import { script } from '../../bin/surroundings/processes.js'
import { waitFor } from '../../bin/surroundings/wait.js'
import type { Bench } from './bench.js'
import { drive, fetchBody, requestText, type Driven } from './load.js'
import { latencyFigures, median, type Figure, type Measured, type Ratio } from './ratio.js'

const CALLERS = 10
const CERTIFICATE = '/v1/notifications/certs/CERT-1'

/** How fast webhooks are taken in: against a route that checks the signature and inserts one row. */
export async function run(bench: Bench): Promise<Measured> {
  const { processes, ports, dir, env, quick, databaseUrl } = bench
  const keyPair = newKeyPair(Date.now())
  const certificateFile = join(dir, 'paypal.pem')
  await writeFile(certificateFile, keyPair.certificate)
  // PayPal is asked for its certificate, once.
  const paypal = createServer((_, response) => response.end(keyPair.certificate))
  await new Promise<void>((listens) => paypal.listen(ports.paypal, '127.0.0.1', listens))
  const certUrl = `${env.PAYPAL_API_BASE}${CERTIFICATE}`

  const reference = await freePort()
  processes.start('fastify_webhooks', script('tests/bench/fastify_webhooks.ts'), {
    env: { PORT: String(reference), PAYPAL_CERTIFICATE: certificateFile },
  })
  const root = { port: reference, path: '/' }
  await waitFor('Fastify', () => fetchBody(root).catch(() => undefined))

  const stripe = () => {
    const { body, headers } = signPayload(stripeEvent(), env.STRIPE_WEBHOOK_SECRETS)
    return requestText('/api/webhooks/stripe', headers, body)
  }
  const ofPaypal = () => {
    const { body, headers } = signEvent(paypalEvent(), env.PAYPAL_WEBHOOK_ID, { keyPair, certUrl })
    return requestText('/api/webhooks/paypal', headers, body)
  }
  try {
    const size = quick ? { rounds: 3, requests: 200 } : { rounds: 7, requests: 300 }
    const sides = { app: ports.web, reference }
    const both = [
      await compare('Stripe', stripe, sides, size),
      await compare('PayPal', ofPaypal, sides, size),
    ]
    await forget(databaseUrl)
    return {
      ratios: both.map(({ ratio }) => ratio),
      figures: both.flatMap(({ figures }) => figures),
    }
  } finally {
    paypal.close()
  }
}

/**
 * @param make the text of a request with an event that was not there before, signed now. Signing is done
 *   before the clock runs.
 */
async function compare(
  provider: string,
  make: () => string,
  sides: { app: number; reference: number },
  { rounds, requests }: { rounds: number; requests: number }
): Promise<{ ratio: Ratio; figures: Figure[] }> {
  const measure = (port: number, count: number): Promise<Driven> => {
    const signed = Array.from({ length: count }, make)
    return drive(port, CALLERS, () => signed.pop())
  }
  await measure(sides.app, requests)
  await measure(sides.reference, requests)
  const measured: { app: Driven; reference: Driven }[] = []
  for (let round = 0; round < rounds; round++) {
    const app = await measure(sides.app, requests)
    measured.push({ app, reference: await measure(sides.reference, requests) })
  }
  const ratio: Ratio = {
    name: `signed webhooks of ${provider}`,
    subject: 'checked, kept, and a job for them sent',
    reference: 'Fastify + pg: checked, one row',
    ratio: median(measured.map(({ app, reference }) => app.perSecond / reference.perSecond)),
    required: 0.3,
    subjectPerSecond: median(measured.map(({ app }) => app.perSecond)),
    referencePerSecond: median(measured.map(({ reference }) => reference.perSecond)),
  }
  const taken = measured.flatMap(({ app }) => app.taken)
  return {
    ratio,
    figures: latencyFigures(`webhook of ${provider}, ${CALLERS} at a time`, taken),
  }
}

/** They are about nothing that a worker could find. */
async function forget(databaseUrl: string): Promise<void> {
  const client = new pg.Client(databaseUrl)
  await client.connect()
  await client.query(`DELETE FROM pgboss.job WHERE name = 'process_inbox_event'`)
  await client.query('TRUNCATE inbox_events')
  await client.end()
}

/** As large as those about a charge are, about 3 kB. */
function stripeEvent() {
  const id = randomUUID().replaceAll('-', '')
  return {
    id: `evt_${id}`,
    object: 'event' as const,
    api_version: '2026-01-28.clover',
    created: Math.floor(Date.now() / 1000),
    livemode: false as const,
    pending_webhooks: 1,
    request: { id: `req_${id.slice(0, 14)}`, idempotency_key: id },
    type: 'charge.succeeded',
    data: {
      object: {
        id: `ch_${id.slice(0, 24)}`,
        object: 'charge',
        amount: 140_000,
        amount_captured: 140_000,
        amount_refunded: 0,
        balance_transaction: `txn_${id.slice(0, 24)}`,
        billing_details: {
          address: { city: 'Lisbon', country: 'PT', line1: 'Rua Augusta 1', postal_code: '1100' },
          email: 'clara@example.com',
          name: 'Clara Reyes',
        },
        currency: 'usd',
        customer: `cus_${id.slice(0, 14)}`,
        description: 'What was agreed on. '.repeat(20),
        metadata: { transaction_id: randomUUID(), project_id: randomUUID() },
        outcome: { network_status: 'approved_by_network', risk_level: 'normal', risk_score: 12 },
        paid: true,
        payment_intent: `pi_${id.slice(0, 24)}`,
        payment_method_details: {
          card: {
            brand: 'visa',
            checks: { address_line1_check: 'pass', cvc_check: 'pass' },
            country: 'US',
            exp_month: 12,
            exp_year: 2031,
            fingerprint: id.slice(0, 16),
            funding: 'credit',
            last4: '4242',
            network: 'visa',
          },
          type: 'card',
        },
        receipt_url: `https://pay.stripe.com/receipts/payment/${id}${id}${id}`,
        status: 'succeeded',
      },
    },
  }
}

function paypalEvent() {
  const id = randomUUID().replaceAll('-', '').toUpperCase()
  const amount = { currency_code: 'USD', value: '1400.00' }
  return {
    id: `WH-${id}`,
    event_version: '1.0' as const,
    create_time: new Date().toISOString(),
    resource_type: 'capture',
    event_type: 'PAYMENT.CAPTURE.COMPLETED',
    summary: 'Payment completed for $ 1400.0 USD',
    resource: {
      id: id.slice(0, 17),
      amount,
      custom_id: randomUUID(),
      final_capture: true,
      seller_protection: { status: 'ELIGIBLE', dispute_categories: ['ITEM_NOT_RECEIVED'] },
      seller_receivable_breakdown: {
        gross_amount: amount,
        paypal_fee: { currency_code: 'USD', value: '49.35' },
        net_amount: { currency_code: 'USD', value: '1350.65' },
      },
      note_to_payer: 'What was agreed on. '.repeat(20),
      status: 'COMPLETED',
      links: [],
    },
    links: [],
  }
}

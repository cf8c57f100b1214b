/**
 * What the intake of webhooks is measured against: as little as checks a signature and keeps the event.
 * It sends no job, and so needs no transaction.
 */
import { createHmac, timingSafeEqual, verify, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import Fastify, { type FastifyRequest } from 'fastify'
import pg from 'pg'

const { env } = process
const pool = new pg.Pool({ connectionString: env.DATABASE_URL, max: 10 })
const paypal = new X509Certificate(await readFile(env.PAYPAL_CERTIFICATE!)).publicKey
const server = Fastify()
const whole = { parseAs: 'string' } as const
server.addContentTypeParser('application/json', whole, (_, body, done) => done(null, body))

server.get('/', async () => 'here')

server.post('/api/webhooks/stripe', async (request: FastifyRequest<{ Body: string }>, reply) => {
  const { t, v1 } = Object.fromEntries(
    String(request.headers['stripe-signature'])
      .split(',')
      .map((part) => part.split('='))
  )
  const wanted = createHmac('sha256', env.STRIPE_WEBHOOK_SECRETS!)
    .update(`${t}.${request.body}`)
    .digest()
  if (!timingSafeEqual(wanted, Buffer.from(v1, 'hex'))) return reply.code(400).send()
  const { id, type } = JSON.parse(request.body)
  return keep('stripe', id, type, request.body)
})

server.post('/api/webhooks/paypal', async (request: FastifyRequest<{ Body: string }>, reply) => {
  const header = (name: string) => String(request.headers[`paypal-${name}`])
  const signed = [
    header('transmission-id'),
    header('transmission-time'),
    env.PAYPAL_WEBHOOK_ID,
    crc32(request.body),
  ].join('|')
  const signature = Buffer.from(header('transmission-sig'), 'base64')
  if (!verify('RSA-SHA256', Buffer.from(signed), paypal, signature)) return reply.code(400).send()
  const { id, event_type: type } = JSON.parse(request.body)
  return keep('paypal', id, type, request.body)
})

async function keep(rail: string, id: string, type: string, body: string) {
  await pool.query(
    `INSERT INTO inbox_events (rail, event_id, type, account, payload) VALUES ($1, $2, $3, '', $4)
     ON CONFLICT (rail, event_id) DO NOTHING`,
    [rail, id, type, body]
  )
  return { received: true }
}

await server.listen({ port: Number(env.PORT), host: '127.0.0.1' })

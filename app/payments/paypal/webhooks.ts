import { verify, type KeyObject } from 'node:crypto'
import { crc32 } from 'node:zlib'
import env from '#start/env'
import { Problem } from '#exceptions/problem'
import { ProviderFailure, type ProviderEvent, type WebhookEndpoint } from '#payments/provider'
import { signingKey } from './certificates.js'
import { ask, rest, settings } from './client.js'
import { parsePaypalEvent } from './events.js'

/**
 * How old a signature may be. PayPal sends again for three days, and does not say whether it signs anew
 * each time; so everything of these days is taken, and one more for late queues. That lets nobody do
 * anything twice: an event is taken in once by its id, and only its object's ids are read from it.
 */
const OLDEST_MS = 4 * 24 * 3_600_000
/** How far PayPal's clock may be ahead of ours. */
const AHEAD_MS = 10 * 60_000

const ALGORITHM = 'SHA256withRSA'

interface Transmission {
  id: string
  time: string
  signature: string
  algorithm: string
  certificateUrl: string
  webhookId: string
}

/**
 * Checks a webhook as PayPal signs it: RSA over its transmission's id and time, our webhook's id, and the
 * checksum of the raw body (https://developer.paypal.com/api/rest/webhooks/rest/#link-messagesignature).
 *
 * @param headers with names in lower case
 * @throws Problem 400 `bad_signature`, `bad_payload`
 * @throws ProviderFailure if it cannot be checked now: PayPal sends it again
 */
export async function verifyPaypalWebhook(
  rawBody: string,
  headers: Record<string, string | undefined>,
  endpoint: WebhookEndpoint
): Promise<{ event: ProviderEvent; payload: Record<string, unknown> }> {
  const transmission = transmissionIn(headers, endpoint)
  const fresh = transmission !== undefined && isRecent(transmission.time)
  if (!fresh || !(await isSigned(transmission, rawBody))) {
    throw new Problem('The signature is missing, wrong or too old.', {
      code: 'bad_signature',
      status: 400,
    })
  }
  const payload = eventIn(rawBody)
  if (!payload) throw new Problem('The body is no event.', { code: 'bad_payload', status: 400 })
  return { event: parsePaypalEvent(payload), payload }
}

/** @returns undefined if anything of it is missing, or no webhook of ours is at this endpoint */
function transmissionIn(
  headers: Record<string, string | undefined>,
  endpoint: WebhookEndpoint
): Transmission | undefined {
  const transmission = {
    id: headers['paypal-transmission-id'],
    time: headers['paypal-transmission-time'],
    signature: headers['paypal-transmission-sig'],
    algorithm: headers['paypal-auth-algo'],
    certificateUrl: headers['paypal-cert-url'],
    webhookId: webhookIdOf(endpoint),
  }
  return Object.values(transmission).every(Boolean) ? (transmission as Transmission) : undefined
}

function webhookIdOf(endpoint: WebhookEndpoint): string | undefined {
  if (endpoint === 'venmo') return env.get('VENMO_WEBHOOK_ID')
  return endpoint === 'platform' ? env.get('PAYPAL_WEBHOOK_ID') : undefined
}

function isRecent(time: string): boolean {
  const age = Date.now() - Date.parse(time)
  return age <= OLDEST_MS && age >= -AHEAD_MS
}

/** Where our own check has agreed with PayPal once, PayPal is not asked any more. */
let provenAt: string | undefined

async function isSigned(transmission: Transmission, rawBody: string): Promise<boolean> {
  if (transmission.algorithm.toLowerCase() !== ALGORITHM.toLowerCase()) return false
  const key = await signingKey(transmission.certificateUrl)
  if (!key) return false
  const { base } = settings()
  if (isSignedBy(key, transmission, rawBody)) {
    provenAt = base
    return true
  }
  // PayPal does not write down in which form the checksum goes into what it signs. Until one webhook has
  // shown that it is ours, a signature that does not fit may be right.
  return provenAt !== base && saysPaypal(transmission, rawBody)
}

/** The checksum goes in as an unsigned decimal. */
function isSignedBy(
  key: KeyObject,
  { id, time, signature, webhookId }: Transmission,
  rawBody: string
): boolean {
  const signed = Buffer.from(`${id}|${time}|${webhookId}|${crc32(rawBody)}`)
  return (
    key.asymmetricKeyType === 'rsa' &&
    verify('RSA-SHA256', signed, key, Buffer.from(signature, 'base64'))
  )
}

/** Asks PayPal. The event goes in as it came: written anew, it might not be what was signed. */
async function saysPaypal(transmission: Transmission, rawBody: string): Promise<boolean> {
  if (!eventIn(rawBody)) return false
  const fields = JSON.stringify({
    auth_algo: transmission.algorithm,
    cert_url: transmission.certificateUrl,
    transmission_id: transmission.id,
    transmission_sig: transmission.signature,
    transmission_time: transmission.time,
    webhook_id: transmission.webhookId,
  })
  const content = `${fields.slice(0, -1)},"webhook_event":${rawBody}}`
  try {
    const { verification_status: status } = await ask(
      rest<{ verification_status?: string }>('POST', '/v1/notifications/verify-webhook-signature', {
        text: { content, type: 'application/json' },
      })
    )
    return status === 'SUCCESS'
  } catch (failure) {
    if (failure instanceof ProviderFailure && failure.kind === 'declined') return false
    throw failure
  }
}

function eventIn(rawBody: string): Record<string, unknown> | undefined {
  try {
    const payload: unknown = JSON.parse(rawBody)
    const id = (payload as { id?: unknown } | null)?.id
    return typeof id === 'string' && id ? (payload as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

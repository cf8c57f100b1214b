import env from '#start/env'
import { Problem } from '#exceptions/problem'
import type { ProviderEvent } from '#payments/provider'
import { isLiveMode, stripeClient } from './client.js'
import { parseStripeEvent } from './events.js'

/** How old a signature may be (https://docs.stripe.com/webhooks#replay-attacks). */
const TOLERANCE_SECONDS = 300

/**
 * Checks a webhook as Stripe signs it: HMAC-SHA256 over time and raw body, by any of the endpoint's
 * secrets, so that one can be rolled without losing events.
 *
 * The signature alone is checked by the SDK, not `constructEvent`, which throws on the thin events of
 * its v2 API; those are none of ours and end as `other`.
 *
 * @throws Problem 400 `bad_signature`, `bad_payload`, or `wrong_mode` for a test event at a live
 * installation and the other way round
 */
export async function verifyStripeWebhook(
  rawBody: string,
  headers: Record<string, string | undefined>,
  endpoint: 'platform' | 'connect'
): Promise<{ event: ProviderEvent; payload: Record<string, unknown> }> {
  const signature = headers['stripe-signature'] ?? ''
  const secrets = secretsOf(endpoint)
  if (!secrets.some((secret) => isSignedBy(secret, rawBody, signature))) {
    throw new Problem('The signature is missing, wrong or more than five minutes old.', {
      code: 'bad_signature',
      status: 400,
    })
  }
  const payload = eventIn(rawBody)
  refuseOtherMode(payload, endpoint)
  return { event: parseStripeEvent(payload, isLiveMode()), payload }
}

function secretsOf(endpoint: 'platform' | 'connect'): string[] {
  const list =
    endpoint === 'platform'
      ? env.get('STRIPE_WEBHOOK_SECRETS')
      : env.get('STRIPE_CONNECT_WEBHOOK_SECRETS')
  const secrets = list?.release().split(',') ?? []
  return secrets.map((secret) => secret.trim()).filter(Boolean)
}

function isSignedBy(secret: string, rawBody: string, signature: string): boolean {
  const { signature: check } = stripeClient().webhooks
  try {
    return check?.verifyHeader(rawBody, signature, secret, TOLERANCE_SECONDS) ?? false
  } catch {
    return false
  }
}

function eventIn(rawBody: string): Record<string, unknown> {
  try {
    const payload: unknown = JSON.parse(rawBody)
    const id = (payload as { id?: unknown } | null)?.id
    if (typeof id === 'string' && id) return payload as Record<string, unknown>
  } catch {
    // Told below, as for any other JSON that is no event.
  }
  throw new Problem('The body is no event.', { code: 'bad_payload', status: 400 })
}

/**
 * One exception: Stripe sends the test events of connected accounts to live Connect endpoints too, and
 * would disable an endpoint that keeps refusing them. They are taken in and ignored.
 */
function refuseOtherMode(payload: Record<string, unknown>, endpoint: 'platform' | 'connect') {
  const live = isLiveMode()
  if (payload.livemode === undefined || payload.livemode === live) return
  if (live && endpoint === 'connect') return
  throw new Problem(
    `The event is not of ${live ? 'live' : 'test'} mode, as this installation is.`,
    {
      code: 'wrong_mode',
      status: 400,
    }
  )
}

import { randomUUID, sign, verify, X509Certificate } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { KeyPair } from './certificate.js'
import type { WebhookEvent } from './shapes.js'

/** What a delivery carries: the raw body, and headers with its signature. */
export interface SignedPayload {
  body: string
  headers: Record<
    | 'content-type'
    | 'paypal-auth-algo'
    | 'paypal-cert-url'
    | 'paypal-transmission-id'
    | 'paypal-transmission-sig'
    | 'paypal-transmission-time',
    string
  >
}

/** How a test wants a delivery to be wrong, or merely different. */
export interface SigningOptions {
  /** Of the wall clock in milliseconds, because receivers compare it with theirs. Default now. */
  timestamp?: number
  /** Another webhook's id than the endpoint's. */
  webhookId?: string
  /** Where the certificate is said to be. */
  certUrl?: string
  /** Another key than the sandbox's own. */
  keyPair?: KeyPair
  /** Other bytes than those that are signed. */
  tampered?: (body: string) => string
}

/** The string that PayPal signs. The checksum of the body is an unsigned decimal number. */
export function signedText(
  transmissionId: string,
  time: string,
  webhookId: string,
  body: string
): string {
  return `${transmissionId}|${time}|${webhookId}|${crc32(body)}`
}

/** What the document allows a signature to look like; not every Base64 text does. */
const DOCUMENTED = /^(?!\d+$)\w+\S+/

/** Signs an event as PayPal does: SHA256withRSA over id, time, webhook and checksum of the body. */
export function signEvent(
  event: WebhookEvent,
  webhookId: string,
  own: { keyPair: KeyPair; certUrl: string },
  options: SigningOptions = {}
): SignedPayload {
  const body = JSON.stringify(event)
  const { privateKey } = options.keyPair ?? own.keyPair
  const time = `${new Date(options.timestamp ?? Date.now()).toISOString().slice(0, 19)}Z`
  let id: string
  let signature: string
  do {
    id = randomUUID()
    const text = signedText(id, time, options.webhookId ?? webhookId, body)
    signature = sign('sha256', Buffer.from(text), privateKey).toString('base64')
  } while (!DOCUMENTED.test(signature) || !DOCUMENTED.test(id))
  return {
    body: options.tampered?.(body) ?? body,
    headers: {
      'content-type': 'application/json',
      'paypal-auth-algo': 'SHA256withRSA',
      'paypal-cert-url': options.certUrl ?? own.certUrl,
      'paypal-transmission-id': id,
      'paypal-transmission-sig': signature,
      'paypal-transmission-time': time,
    },
  }
}

/** Whether a signature is the sandbox's own over that text. */
export function isSigned(text: string, signature: string, { certificate }: KeyPair): boolean {
  const { publicKey } = new X509Certificate(certificate)
  return verify('sha256', Buffer.from(text), publicKey, Buffer.from(signature, 'base64'))
}

import { X509Certificate, type KeyObject } from 'node:crypto'
import { isAllowed } from '#middleware/limit_requests'
import { ProviderFailure } from '#payments/provider'
import { paypalHost, settings } from './client.js'

/** PayPal keeps its certificates there, on each of its API hosts. */
const PATH = '/v1/notifications/certs/'

/** Whose certificate signs: a name within PayPal's domain, `messageverificationcerts.paypal.com` as of now. */
const SUBJECT = /^CN=(?:[\w-]+\.)+paypal\.com$/m

/** A few kilobytes with its chain. */
const LARGEST_BYTES = 65_536
const TIMEOUT_MS = 5_000

/** There are two or three at a time; whoever names others only pushes those out. */
const MOST_KEPT = 16
const KEPT_MS = 24 * 3_600_000

/**
 * Whoever names certificates that do not exist, from however many addresses, makes us ask this often and
 * no more. PayPal names the few that are kept, and sends again what comes with a new one meanwhile.
 */
const MOST_ASKED = { requests: 60, seconds: 60 }

interface Kept {
  certificate: Promise<X509Certificate>
  until: number
}

const kept = new Map<string, Kept>()

/**
 * The key that a webhook claims to be signed with. The header that names it is anybody's to write, so it
 * may only lead to PayPal, or to whoever stands in for PayPal here: anyone can sign with a key of their own.
 *
 * @param url as `paypal-cert-url` has it
 * @returns undefined for an address that is not PayPal's, and for a certificate that is not (any more)
 * @throws ProviderFailure `retry` if there is no answer: PayPal will send the webhook again
 */
export async function signingKey(url: string): Promise<KeyObject | undefined> {
  const address = trusted(url)
  if (!address) return undefined
  const certificate = await certificateAt(address.href)
  const ofPaypal = paypalHost(address.hostname) === undefined || SUBJECT.test(certificate.subject)
  return ofPaypal && isValidNow(certificate) ? certificate.publicKey : undefined
}

/** Forgets every certificate, for tests. */
export function forgetCertificates(): void {
  kept.clear()
}

/** @returns undefined unless the address is one where PayPal keeps certificates for this installation */
function trusted(url: string): URL | undefined {
  if (!URL.canParse(url)) return undefined
  const address = new URL(url)
  const { protocol, hostname, port, username, password, pathname, search } = address
  if (username || password || search || !pathname.startsWith(PATH)) return undefined
  const base = new URL(settings().base)
  const ours = paypalHost(base.hostname)
  // In PayPal's place stands somebody else, who signs with a certificate of their own.
  if (ours === undefined) return address.origin === base.origin ? address : undefined
  const theirs = protocol === 'https:' && port === '' ? paypalHost(hostname) : undefined
  // Test events are nothing to a live installation.
  return theirs === ours ? address : undefined
}

function certificateAt(url: string): Promise<X509Certificate> {
  const known = kept.get(url)
  if (known && known.until > Date.now()) return known.certificate
  const certificate = fetchCertificate(url)
  kept.delete(url)
  kept.set(url, { certificate, until: Date.now() + KEPT_MS })
  for (const [oldest] of kept) {
    if (kept.size <= MOST_KEPT) break
    kept.delete(oldest)
  }
  certificate.catch(() => {
    if (kept.get(url)?.certificate === certificate) kept.delete(url)
  })
  return certificate
}

async function fetchCertificate(url: string): Promise<X509Certificate> {
  try {
    if (!(await isAllowed('paypal_certificate', MOST_ASKED))) throw new Error('Asked too often.')
    // A redirect would lead where the check of the address did not look.
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const response = await fetch(url, { redirect: 'error', signal })
    if (!response.ok || !response.body) throw new Error(`The answer is ${response.status}.`)
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of response.body) {
      size += chunk.length
      if (size > LARGEST_BYTES) throw new Error('That is too large for a certificate.')
      chunks.push(chunk)
    }
    return new X509Certificate(Buffer.concat(chunks))
  } catch (cause) {
    const message = 'The certificate that signs this webhook cannot be had now.'
    throw new ProviderFailure('retry', 'certificate_unavailable', message, { cause })
  }
}

function isValidNow({ validFromDate, validToDate }: X509Certificate): boolean {
  const now = new Date()
  return validFromDate <= now && now <= validToDate
}

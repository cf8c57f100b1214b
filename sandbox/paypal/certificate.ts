import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** A key pair as it is kept: both as PEM. */
export interface KeyPair {
  certificate: string
  privateKey: string
}

const YEAR_MS = 365 * 24 * 3_600_000
const COMMON_NAME = 'messageverificationcerts.paypal.com'

/**
 * A new RSA key with a self-signed X.509 certificate, named as PayPal's certificates for webhooks are.
 * Node has no call that makes a certificate, so this writes its few fields in DER itself.
 *
 * @param at wall-clock milliseconds; it is valid from a day before, for a year
 */
export function newKeyPair(at: number): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const algorithm = sequence(objectId(SHA256_WITH_RSA), der(0x05))
  const name = sequence(der(0x31, sequence(objectId(COMMON_NAME_ID), utf8(COMMON_NAME))))
  const body = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    // The first bit is the sign.
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    name,
    sequence(time(at - YEAR_MS / 365), time(at + YEAR_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' })
  )
  const signature = sign('sha256', body, privateKey)
  const bits = der(0x03, Buffer.concat([Buffer.from([0]), signature]))
  return {
    certificate: pem('CERTIFICATE', sequence(body, algorithm, bits)),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

/** 1.2.840.113549.1.1.11 and 2.5.4.3, encoded. */
const SHA256_WITH_RSA = '2a864886f70d01010b'
const COMMON_NAME_ID = '550403'

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag]), lengthOf(content), content])
}

function lengthOf({ length }: Buffer): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const bytes = Buffer.from(length.toString(16).padStart(length > 0xff ? 4 : 2, '0'), 'hex')
  return Buffer.concat([Buffer.from([0x80 + bytes.length]), bytes])
}

const sequence = (...parts: Buffer[]) => der(0x30, ...parts)
const integer = (value: Buffer) => der(0x02, value)
const objectId = (hex: string) => der(0x06, Buffer.from(hex, 'hex'))
const utf8 = (text: string) => der(0x0c, Buffer.from(text))

/** UTCTime: two digits of the year, to the second. */
function time(at: number): Buffer {
  const digits = new Date(at).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)
  return der(0x17, Buffer.from(`${digits}Z`))
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

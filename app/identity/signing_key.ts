import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { randomUUID } from 'node:crypto'
import app from '@adonisjs/core/services/app'
import { Exception } from '@adonisjs/core/exceptions'
import env from '#start/env'

export interface SigningKey {
  privateKey: KeyObject
  publicKey: KeyObject
}

const HOW_TO_MAKE_ONE =
  'Make one with `openssl genpkey -algorithm ed25519` and set it as it is, or in one line with \\n for each line break.'

let key: Promise<SigningKey> | undefined

/**
 * The Ed25519 key that signs access tokens: `JWT_PRIVATE_KEY`, or outside production a key that is
 * made once and kept in a file, so that web server, worker and tests agree on it.
 *
 * Changing the key ends all access tokens; refresh tokens go on, so nobody has to sign in again.
 *
 * @throws Exception E_NO_SIGNING_KEY, E_BAD_SIGNING_KEY
 */
export function signingKey(): Promise<SigningKey> {
  key ??= loadSigningKey(env.get('JWT_PRIVATE_KEY'), {
    production: app.inProduction,
    file: app.tmpPath('jwt_private_key.pem'),
  })
  return key
}

/**
 * @param pem PKCS#8 PEM, line breaks may be written as `\n`
 * @param options.file where the key of a development machine is kept
 */
export async function loadSigningKey(
  pem: string | undefined,
  options: { production: boolean; file: string }
): Promise<SigningKey> {
  if (pem?.trim()) return parse(pem.replaceAll('\\n', '\n'), 'JWT_PRIVATE_KEY')
  if (options.production) {
    throw new Exception(
      `JWT_PRIVATE_KEY is not set: it is the Ed25519 key (PKCS#8 PEM) that signs access tokens. ${HOW_TO_MAKE_ONE}`,
      { code: 'E_NO_SIGNING_KEY' }
    )
  }
  return parse(await keptKey(options.file), options.file)
}

/**
 * Reads the file, or makes it. Several processes may start at once: each writes its own key aside and
 * links it into place, which succeeds for exactly one, and all read what won. Nobody sees half a file.
 */
async function keptKey(file: string): Promise<string> {
  const existing = await readFile(file, 'utf8').catch(ignore('ENOENT'))
  if (existing) return existing

  const { privateKey } = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const aside = `${file}.${randomUUID()}`
  await mkdir(dirname(file), { recursive: true })
  await writeFile(aside, privateKey, { mode: 0o600, flag: 'wx' })
  try {
    await link(aside, file).catch(ignore('EEXIST'))
  } finally {
    await unlink(aside)
  }
  return readFile(file, 'utf8')
}

function parse(pem: string, from: string): SigningKey {
  let privateKey: KeyObject
  try {
    privateKey = createPrivateKey(pem)
  } catch (cause) {
    throw badKey(from, cause)
  }
  if (privateKey.asymmetricKeyType !== 'ed25519') throw badKey(from)
  return { privateKey, publicKey: createPublicKey(privateKey) }
}

function badKey(from: string, cause?: unknown): Exception {
  return new Exception(`${from} holds no Ed25519 private key in PKCS#8 PEM. ${HOW_TO_MAKE_ONE}`, {
    code: 'E_BAD_SIGNING_KEY',
    cause,
  })
}

function ignore(code: string): (error: NodeJS.ErrnoException) => undefined {
  return (error) => {
    if (error.code !== code) throw error
    return undefined
  }
}

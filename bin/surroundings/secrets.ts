import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a development environment has to keep, because data of earlier runs depends on it. */
export interface Secrets {
  databasePassword: string
  appKey: string
  /** PKCS#8 PEM of an Ed25519 key. */
  jwtPrivateKey: string
  stripeWebhookSecret: string
  stripeConnectWebhookSecret: string
}

export function newSecrets(): Secrets {
  const random = () => randomBytes(24).toString('base64url')
  return {
    databasePassword: random(),
    appKey: random(),
    jwtPrivateKey: generateKeyPairSync('ed25519')
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString(),
    stripeWebhookSecret: `whsec_${random()}`,
    stripeConnectWebhookSecret: `whsec_${random()}`,
  }
}

/** The secrets kept in a folder, made on the first call. */
export function keptSecrets(dir: string): Secrets {
  const file = join(dir, 'secrets.json')
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Secrets
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const secrets = newSecrets()
  mkdirSync(dir, { recursive: true })
  writeFileSync(file, JSON.stringify(secrets, null, 2), { mode: 0o600 })
  return secrets
}

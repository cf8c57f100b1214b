/**
 * Writes the secrets that docker-compose.yml reads, each service's in a file of its own. Plain JavaScript on
 * the machine's own Node: who runs it in containers has installed nothing.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'

const dir = process.argv[2] ?? fileURLToPath(new URL('../../tmp/compose', import.meta.url))
if (existsSync(dir)) {
  console.log(
    `${dir} is there already. To start over: docker compose down --volumes, and delete it.`
  )
  process.exit(0)
}

const random = (bytes = 24) => randomBytes(bytes).toString('base64url')
const password = random()
const storageKey = randomBytes(64).toString('base64')
const [webhook, connectWebhook] = [`whsec_${random()}`, `whsec_${random()}`]
const { privateKey } = generateKeyPairSync('ed25519')
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().trim()

const files = {
  safesend: {
    APP_KEY: random(),
    // One line, as files of an environment have them.
    JWT_PRIVATE_KEY: pem.replaceAll('\n', String.raw`\n`),
    DATABASE_URL: `postgres://safesend:${password}@postgres:5432/safesend`,
    STRIPE_WEBHOOK_SECRETS: webhook,
    STRIPE_CONNECT_WEBHOOK_SECRETS: connectWebhook,
    // The account is the first label of the address, as in Azure; see the alias of the service azurite.
    AZURE_STORAGE_CONNECTION_STRING:
      `DefaultEndpointsProtocol=http;AccountName=safesend;AccountKey=${storageKey};` +
      'BlobEndpoint=http://safesend.localhost:10000',
  },
  postgres: { POSTGRES_PASSWORD: password },
  azurite: { AZURITE_ACCOUNTS: `safesend:${storageKey}` },
  sandbox: {
    SANDBOX_STRIPE_WEBHOOK_SECRET: webhook,
    SANDBOX_STRIPE_CONNECT_WEBHOOK_SECRET: connectWebhook,
  },
}

// All or none: half of them would be taken for all.
const making = `${dir}.${process.pid}`
mkdirSync(making, { recursive: true, mode: 0o700 })
try {
  for (const [name, values] of Object.entries(files)) {
    const lines = Object.entries(values).map(([variable, value]) => `${variable}=${value}\n`)
    writeFileSync(join(making, `${name}.env`), lines.join(''), { mode: 0o600 })
  }
  renameSync(making, dir)
} finally {
  rmSync(making, { recursive: true, force: true })
}
console.log(`New secrets in ${dir}. Next: docker compose up --build`)

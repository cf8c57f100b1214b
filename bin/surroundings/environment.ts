import { join } from 'node:path'
import type { Secrets } from './secrets.js'

export interface Ports {
  web: number
  sandbox: number
}

export interface EnvironmentOptions {
  mode: 'development' | 'test' | 'production'
  ports: Ports
  databaseUrl: string
  secrets: Secrets
  /** Folder for what the processes write: mail, the sandbox's state. */
  dir: string
}

/** The addresses of the sandbox's webhooks: what the platform hears, and what its accounts do. */
export function webhookAddresses(ports: Ports): { platform: string; connect: string } {
  const base = `http://127.0.0.1:${ports.web}/api/webhooks/stripe`
  return { platform: base, connect: `${base}/connect` }
}

/** Environment variables of every process of SafeSend. See `.env.example` for what each means. */
export function environment(options: EnvironmentOptions): Record<string, string> {
  const { ports, secrets } = options
  const webhooks = webhookAddresses(ports)
  return {
    NODE_ENV: options.mode,
    PORT: String(ports.web),
    HOST: '127.0.0.1',
    APP_KEY: secrets.appKey,
    APP_URL: `http://127.0.0.1:${ports.web}`,
    LOG_LEVEL: options.mode === 'test' ? 'error' : 'info',
    DATABASE_URL: options.databaseUrl,
    JWT_PRIVATE_KEY: secrets.jwtPrivateKey,

    STRIPE_API_BASE: `http://127.0.0.1:${ports.sandbox}`,
    STRIPE_SECRET_KEY: 'sk_test_sandbox',
    STRIPE_PUBLISHABLE_KEY: 'pk_test_sandbox',
    STRIPE_WEBHOOK_SECRETS: secrets.stripeWebhookSecret,
    STRIPE_CONNECT_WEBHOOK_SECRETS: secrets.stripeConnectWebhookSecret,

    MAIL_TRANSPORT: 'file',
    MAIL_FROM: 'SafeSend <escrow@safesend.example>',
    MAIL_DIR: join(options.dir, 'mail'),

    // Read by sandbox/server.ts only.
    SANDBOX_STRIPE_PORT: String(ports.sandbox),
    SANDBOX_DATA_DIR: join(options.dir, 'stripe'),
    SANDBOX_STRIPE_WEBHOOK_URL: webhooks.platform,
    SANDBOX_STRIPE_WEBHOOK_SECRET: secrets.stripeWebhookSecret,
    SANDBOX_STRIPE_CONNECT_WEBHOOK_URL: webhooks.connect,
    SANDBOX_STRIPE_CONNECT_WEBHOOK_SECRET: secrets.stripeConnectWebhookSecret,
  }
}

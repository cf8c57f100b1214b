import { join } from 'node:path'
import type { Secrets } from './secrets.js'

export interface Ports {
  web: number
  /** The stand-in for Stripe. */
  sandbox: number
  /** The stand-in for PayPal, and Venmo. */
  paypal: number
}

export interface EnvironmentOptions {
  mode: 'development' | 'test' | 'production'
  ports: Ports
  databaseUrl: string
  secrets: Secrets
  /** See `LIMITS_FACTOR`. */
  limitsFactor?: number
  /** Folder for what the processes write: mail, the sandboxes' state. */
  dir: string
}

/**
 * The addresses of the sandboxes' webhooks: at Stripe, what the platform hears and what its accounts do;
 * at PayPal, one for each of the two wallets that it pays from.
 */
export function webhookAddresses({ web }: Pick<Ports, 'web'>) {
  const base = `http://127.0.0.1:${web}/api/webhooks`
  return {
    platform: `${base}/stripe`,
    connect: `${base}/stripe/connect`,
    paypal: `${base}/paypal`,
    venmo: `${base}/venmo`,
  }
}

/** Who we are at the sandbox for PayPal, and the ids of our webhooks there. None of it is secret. */
const PAYPAL = {
  PAYPAL_CLIENT_ID: 'sandbox-client',
  PAYPAL_CLIENT_SECRET: 'sandbox-secret',
  PAYPAL_WEBHOOK_ID: '1JE4291016473214C',
  VENMO_WEBHOOK_ID: '8PT597110X687430L',
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
    // The tests of one run, and the benches, call from one address and without pause.
    ...(options.limitsFactor && { LIMITS_FACTOR: String(options.limitsFactor) }),
    DATABASE_URL: options.databaseUrl,
    JWT_PRIVATE_KEY: secrets.jwtPrivateKey,

    STRIPE_API_BASE: `http://127.0.0.1:${ports.sandbox}`,
    STRIPE_SECRET_KEY: 'sk_test_sandbox',
    STRIPE_PUBLISHABLE_KEY: 'pk_test_sandbox',
    STRIPE_WEBHOOK_SECRETS: secrets.stripeWebhookSecret,
    STRIPE_CONNECT_WEBHOOK_SECRETS: secrets.stripeConnectWebhookSecret,

    PAYPAL_API_BASE: `http://127.0.0.1:${ports.paypal}`,
    ...PAYPAL,

    MAIL_TRANSPORT: 'file',
    MAIL_FROM: 'SafeSend <escrow@safesend.test>',
    MAIL_DIR: join(options.dir, 'mail'),

    DRIVE_DISK: 'fs',
    DRIVE_ROOT: join(options.dir, 'storage'),

    // Read by sandbox/server.ts only, with the ids above.
    SANDBOX_STRIPE_PORT: String(ports.sandbox),
    SANDBOX_DATA_DIR: join(options.dir, 'stripe'),
    SANDBOX_STRIPE_WEBHOOK_URL: webhooks.platform,
    SANDBOX_STRIPE_WEBHOOK_SECRET: secrets.stripeWebhookSecret,
    SANDBOX_STRIPE_CONNECT_WEBHOOK_URL: webhooks.connect,
    SANDBOX_STRIPE_CONNECT_WEBHOOK_SECRET: secrets.stripeConnectWebhookSecret,
    SANDBOX_PAYPAL_PORT: String(ports.paypal),
    SANDBOX_PAYPAL_DATA_DIR: join(options.dir, 'paypal'),
    SANDBOX_PAYPAL_WEBHOOK_URL: webhooks.paypal,
    SANDBOX_VENMO_WEBHOOK_URL: webhooks.venmo,
  }
}

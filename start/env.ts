import { Env } from '@adonisjs/core/env'

/**
 * Everything the outside decides about SafeSend: addresses and secrets. Fees, periods and
 * thresholds are no business of the environment; they are rows of the `settings` table.
 */
export default await Env.create(new URL('../', import.meta.url), {
  NODE_ENV: Env.schema.enum(['development', 'production', 'test'] as const),
  PORT: Env.schema.number(),
  HOST: Env.schema.string({ format: 'host' }),
  APP_KEY: Env.schema.secret(),
  APP_URL: Env.schema.string({ format: 'url', tld: false }),
  LOG_LEVEL: Env.schema.string(),
  /** Which build this is. The image carries it. */
  REVISION: Env.schema.string.optional(),
  CORS_ORIGINS: Env.schema.string.optional(),
  /** Whose word on the client's address counts. */
  TRUSTED_PROXIES: Env.schema.string.optional(),
  FRONTEND_URL: Env.schema.string.optional({ format: 'url', tld: false }),

  /** Multiplies every limit of `start/limiter.ts`, for tests of load. Refused with a live key. */
  LIMITS_FACTOR: Env.schema.number.optional(),

  DATABASE_URL: Env.schema.secret(),
  DATABASE_POOL_MAX: Env.schema.number.optional(),

  /** For what several web processes share. Without it, each keeps it for itself. */
  REDIS_URL: Env.schema.secret.optional(),

  /** PKCS#8 PEM of the Ed25519 key that signs access tokens. Made on first start in development. */
  JWT_PRIVATE_KEY: Env.schema.string.optional(),

  STRIPE_API_BASE: Env.schema.string.optional({ format: 'url', tld: false }),
  /** How long one call may take, in milliseconds. */
  STRIPE_TIMEOUT_MS: Env.schema.number.optional(),
  /** Currencies in which the Stripe account settles without conversion: "USD,EUR". Default USD. */
  STRIPE_CURRENCIES: Env.schema.string.optional(),
  /** Where the platform's Stripe account is: two letters. Default US. */
  STRIPE_COUNTRY: Env.schema.string.optional(),
  STRIPE_SECRET_KEY: Env.schema.secret(),
  STRIPE_PUBLISHABLE_KEY: Env.schema.string(),
  /** Comma-separated, so that a secret can be rolled without losing a webhook. */
  STRIPE_WEBHOOK_SECRETS: Env.schema.secret(),
  STRIPE_CONNECT_WEBHOOK_SECRETS: Env.schema.secret.optional(),

  /** Without a client id, payments by PayPal and Venmo are not offered. */
  PAYPAL_CLIENT_ID: Env.schema.string.optional(),
  PAYPAL_CLIENT_SECRET: Env.schema.secret.optional(),
  /** Default: https://api-m.paypal.com. PayPal's own sandbox is https://api-m.sandbox.paypal.com. */
  PAYPAL_API_BASE: Env.schema.string.optional({ format: 'url', tld: false }),
  PAYPAL_TIMEOUT_MS: Env.schema.number.optional(),
  /** Currencies in which the PayPal account holds balances: "USD,EUR". Default USD. */
  PAYPAL_CURRENCIES: Env.schema.string.optional(),
  /** Ids, not secrets: of the webhooks at /api/webhooks/paypal and at /api/webhooks/venmo. */
  PAYPAL_WEBHOOK_ID: Env.schema.string.optional(),
  VENMO_WEBHOOK_ID: Env.schema.string.optional(),

  /** Without a client id, signing in with Google or GitHub is not offered. See docs/accounts.md. */
  GOOGLE_CLIENT_ID: Env.schema.string.optional(),
  GOOGLE_CLIENT_SECRET: Env.schema.secret.optional(),
  GITHUB_CLIENT_ID: Env.schema.string.optional(),
  GITHUB_CLIENT_SECRET: Env.schema.secret.optional(),
  /** Where the providers are. Default: where they really are. */
  GOOGLE_AUTHORIZE_URL: Env.schema.string.optional({ format: 'url', tld: false }),
  GOOGLE_TOKEN_URL: Env.schema.string.optional({ format: 'url', tld: false }),
  GOOGLE_USERINFO_URL: Env.schema.string.optional({ format: 'url', tld: false }),
  GITHUB_AUTHORIZE_URL: Env.schema.string.optional({ format: 'url', tld: false }),
  GITHUB_TOKEN_URL: Env.schema.string.optional({ format: 'url', tld: false }),
  GITHUB_USERINFO_URL: Env.schema.string.optional({ format: 'url', tld: false }),
  GITHUB_USEREMAIL_URL: Env.schema.string.optional({ format: 'url', tld: false }),
  /** How long one call may take, in milliseconds. Default 10000. */
  OAUTH_TIMEOUT_MS: Env.schema.number.optional(),

  MAIL_TRANSPORT: Env.schema.enum(['smtp', 'file'] as const),
  MAIL_FROM: Env.schema.string(),
  /** Where the `file` transport writes messages. */
  MAIL_DIR: Env.schema.string.optional(),
  SMTP_HOST: Env.schema.string.optional(),
  SMTP_PORT: Env.schema.number.optional(),
  SMTP_USERNAME: Env.schema.string.optional(),
  SMTP_PASSWORD: Env.schema.secret.optional(),
  /** Default: implicit at port 465, else starttls with a username, else opportunistic. */
  SMTP_TLS: Env.schema.enum.optional(['implicit', 'starttls', 'opportunistic'] as const),

  /** Where files are kept. Default fs. */
  DRIVE_DISK: Env.schema.enum.optional(['fs', 'azure'] as const),
  /** Folder of the `fs` disk. Default `storage` beside the code. */
  DRIVE_ROOT: Env.schema.string.optional(),
  AZURE_STORAGE_CONNECTION_STRING: Env.schema.secret.optional(),
  AZURE_STORAGE_CONTAINER: Env.schema.string.optional(),
  /** Where clamd is that scans uploads. Without either they are not scanned. */
  CLAMAV_HOST: Env.schema.string.optional(),
  /** Default 3310. */
  CLAMAV_PORT: Env.schema.number.optional(),
  /** Path of its Unix socket, in place of host and port. */
  CLAMAV_SOCKET: Env.schema.string.optional(),

  /**
   * Where telemetry goes; without either there is none. These are read from the environment of the process
   * before anything else (`bin/otel.ts`), and only checked here. See docs/observability.md.
   */
  APPLICATIONINSIGHTS_CONNECTION_STRING: Env.schema.secret.optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: Env.schema.string.optional({ format: 'url', tld: false }),
  OTEL_EXPORTER_OTLP_HEADERS: Env.schema.secret.optional(),
  /** Of all traces, how many are kept: 0 to 1. Default 1. */
  OTEL_SAMPLING_RATIO: Env.schema.number.optional(),
  /** Milliseconds between two looks at the metrics. Default 60000. */
  OTEL_METRIC_EXPORT_INTERVAL: Env.schema.number.optional(),
})

import { Env } from '@adonisjs/core/env'
import { Secret } from '@adonisjs/core/helpers'
import * as rules from '#start/env_rules'
import { inProduction, neededIf, optional, secret, text, togetherWith } from '#start/env_rules'
import { knowSecrets } from '#start/without_secrets'

/**
 * Everything the outside decides about SafeSend: addresses and secrets. Fees, periods and
 * thresholds are no business of the environment; they are rows of the `settings` table.
 */
export const SCHEMA = {
  NODE_ENV: rules.oneOf('development', 'production', 'test'),
  PORT: rules.port,
  HOST: rules.host,
  APP_KEY: rules.appKey,
  APP_URL: rules.origin,
  LOG_LEVEL: rules.oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
  /** Which build this is. The image carries it. */
  REVISION: Env.schema.string.optional(),
  CORS_ORIGINS: optional(rules.origins),
  /** Whose word on the client's address counts. */
  TRUSTED_PROXIES: optional(rules.proxies),
  FRONTEND_URL: optional(rules.pages),

  /** Between the signal to stop and taking no more requests, so that a balancer notices. Default 0. */
  STOP_GRACE_SECONDS: optional(rules.wholeNumber(0, 600)),
  /** How long requests under way are waited for then. Default 25. */
  STOP_TIMEOUT_SECONDS: optional(rules.wholeNumber(1, 600)),

  /** How long the headers of a request may take, and its body after them, if that is no file. Default 30. */
  REQUEST_SECONDS: optional(rules.wholeNumber(1, 600)),

  /** Who runs this installation, as the public pages say it. Missing ones are marked there as missing. */
  COMPANY_NAME: optional(text('the name of the company')),
  COMPANY_ADDRESS: optional(text('the address of the company')),
  /** Where people write to. Default: the address in MAIL_FROM. */
  SUPPORT_EMAIL: optional(rules.mailAddress),

  /** Multiplies every limit of `start/limiter.ts`, for tests of load. Refused with a live key. */
  LIMITS_FACTOR: optional(rules.factor),

  DATABASE_URL: rules.postgres,
  DATABASE_POOL_MAX: optional(rules.wholeNumber(1, 1000)),
  /** A restored database, for `backup:verify` only. */
  BACKUP_DATABASE_URL: optional(rules.postgres),

  /** For what several web processes share. Without it, each keeps it for itself. */
  REDIS_URL: optional(rules.redis),

  /** PKCS#8 PEM of the Ed25519 key that signs access tokens. Made on first start in development. */
  JWT_PRIVATE_KEY: neededIf(inProduction, rules.signingKey),

  STRIPE_API_BASE: optional(rules.url),
  /** How long one call may take, in milliseconds. */
  STRIPE_TIMEOUT_MS: optional(rules.timeout),
  /** Currencies in which the Stripe account settles without conversion: "USD,EUR". Default USD. */
  STRIPE_CURRENCIES: optional(rules.currencies),
  /** Where the platform's Stripe account is: two letters. Default US. */
  STRIPE_COUNTRY: optional(rules.country),
  STRIPE_SECRET_KEY: rules.stripeKey,
  STRIPE_PUBLISHABLE_KEY: rules.stripePublishableKey,
  /** Comma-separated, so that a secret can be rolled without losing a webhook. */
  STRIPE_WEBHOOK_SECRETS: rules.webhookSecrets,
  STRIPE_CONNECT_WEBHOOK_SECRETS: optional(rules.webhookSecrets),

  /** Without a client id, payments by PayPal and Venmo are not offered. */
  PAYPAL_CLIENT_ID: togetherWith('PAYPAL_CLIENT_SECRET', text('the id of a client')),
  PAYPAL_CLIENT_SECRET: togetherWith('PAYPAL_CLIENT_ID', secret(text('the secret of a client'))),
  /** Default: https://api-m.paypal.com. PayPal's own sandbox is https://api-m.sandbox.paypal.com. */
  PAYPAL_API_BASE: optional(rules.url),
  PAYPAL_TIMEOUT_MS: optional(rules.timeout),
  /** Currencies in which the PayPal account holds balances: "USD,EUR". Default USD. */
  PAYPAL_CURRENCIES: optional(rules.currencies),
  /** Ids, not secrets: of the webhooks at /api/webhooks/paypal and at /api/webhooks/venmo. */
  PAYPAL_WEBHOOK_ID: Env.schema.string.optional(),
  VENMO_WEBHOOK_ID: Env.schema.string.optional(),

  /** Without a client id, signing in with Google or GitHub is not offered. See docs/accounts.md. */
  GOOGLE_CLIENT_ID: togetherWith('GOOGLE_CLIENT_SECRET', text('the id of a client')),
  GOOGLE_CLIENT_SECRET: togetherWith('GOOGLE_CLIENT_ID', secret(text('the secret of a client'))),
  GITHUB_CLIENT_ID: togetherWith('GITHUB_CLIENT_SECRET', text('the id of a client')),
  GITHUB_CLIENT_SECRET: togetherWith('GITHUB_CLIENT_ID', secret(text('the secret of a client'))),
  /** Where the providers are. Default: where they really are. */
  GOOGLE_AUTHORIZE_URL: optional(rules.url),
  GOOGLE_TOKEN_URL: optional(rules.url),
  GOOGLE_USERINFO_URL: optional(rules.url),
  GITHUB_AUTHORIZE_URL: optional(rules.url),
  GITHUB_TOKEN_URL: optional(rules.url),
  GITHUB_USERINFO_URL: optional(rules.url),
  GITHUB_USEREMAIL_URL: optional(rules.url),
  /** How long one call may take, in milliseconds. Default 10000. */
  OAUTH_TIMEOUT_MS: optional(rules.timeout),

  MAIL_TRANSPORT: rules.oneOf('smtp', 'file'),
  MAIL_FROM: rules.sender,
  /** Where the `file` transport writes messages. */
  MAIL_DIR: Env.schema.string.optional(),
  SMTP_HOST: neededIf(rules.saysSmtp, rules.mailHost),
  SMTP_PORT: optional(rules.port),
  SMTP_USERNAME: togetherWith('SMTP_PASSWORD', text('a name that the mail server knows')),
  SMTP_PASSWORD: togetherWith('SMTP_USERNAME', secret(text('the password of SMTP_USERNAME'))),
  /** Default: implicit at port 465, else starttls with a username, else opportunistic. */
  SMTP_TLS: optional(rules.oneOf('implicit', 'starttls', 'opportunistic')),

  /** Where files are kept. Default fs. */
  DRIVE_DISK: optional(rules.oneOf('fs', 'azure')),
  /** Folder of the `fs` disk. Default `storage` beside the code. */
  DRIVE_ROOT: Env.schema.string.optional(),
  AZURE_STORAGE_CONNECTION_STRING: neededIf(rules.saysAzure, rules.azureConnection),
  AZURE_STORAGE_CONTAINER: optional(rules.azureContainer),
  /** Where clamd is that scans uploads. Without either they are not scanned. */
  CLAMAV_HOST: Env.schema.string.optional(),
  /** Default 3310. */
  CLAMAV_PORT: optional(rules.port),
  /** Path of its Unix socket, in place of host and port. */
  CLAMAV_SOCKET: Env.schema.string.optional(),

  /**
   * Where telemetry goes; without either there is none. These are read from the environment of the process
   * before anything else (`bin/otel.ts`), and only checked here. See docs/observability.md.
   */
  APPLICATIONINSIGHTS_CONNECTION_STRING: optional(rules.insightsConnection),
  OTEL_EXPORTER_OTLP_ENDPOINT: optional(rules.url),
  OTEL_EXPORTER_OTLP_HEADERS: optional(secret(text('headers such as name=value'))),
  /** Of all traces, how many are kept: 0 to 1. Default 1. */
  OTEL_SAMPLING_RATIO: optional(rules.ratio),
  /** Milliseconds between two looks at the metrics. Default 60000. */
  OTEL_METRIC_EXPORT_INTERVAL: optional(rules.wholeNumber(1, 86_400_000)),
}

const env = await Env.create(new URL('../', import.meta.url), SCHEMA)

knowSecrets(
  Object.keys(SCHEMA)
    .map((name) => env.get(name as keyof typeof SCHEMA))
    .flatMap((value) => (value instanceof Secret ? [value.release()] : []))
    .concat(env.get('JWT_PRIVATE_KEY') ?? [])
)

export default env

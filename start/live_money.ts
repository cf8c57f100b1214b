import { Exception } from '@adonisjs/core/exceptions'

/** What the environment says, blank or absent where it says nothing. */
export interface LiveMoneySettings {
  STRIPE_SECRET_KEY?: string
  STRIPE_API_BASE?: string
  STRIPE_CONNECT_WEBHOOK_SECRETS?: string
  PAYPAL_CLIENT_ID?: string
  PAYPAL_CLIENT_SECRET?: string
  PAYPAL_API_BASE?: string
  PAYPAL_WEBHOOK_ID?: string
  VENMO_WEBHOOK_ID?: string
  MAIL_TRANSPORT?: string
  SMTP_HOST?: string
  LIMITS_FACTOR?: string
}

/**
 * Refuses settings that are fine for trying SafeSend out, and would with real money send the key in
 * the clear, miss what happens to payouts, keep mail from people, or let anybody guess without end.
 *
 * @throws Exception E_NOT_FIT_FOR_LIVE_MONEY, which names every variable that is wrong
 */
export function assertFitForLiveMoney(settings: LiveMoneySettings): void {
  const has = (name: keyof LiveMoneySettings) => Boolean(settings[name]?.trim())
  const wrong: string[] = []
  if (has('STRIPE_API_BASE') && !/^https:/i.test(settings.STRIPE_API_BASE!.trim())) {
    wrong.push('STRIPE_API_BASE must be an https address; leave it out for Stripe itself.')
  }
  if (!settings.STRIPE_CONNECT_WEBHOOK_SECRETS?.replaceAll(',', '').trim()) {
    wrong.push(
      'STRIPE_CONNECT_WEBHOOK_SECRETS must hold the signing secret (whsec_…) of the webhook endpoint for connected accounts, /api/webhooks/stripe/connect.'
    )
  }
  if (!/^(sk|rk)_live_/.test(settings.STRIPE_SECRET_KEY?.trim() ?? '')) {
    wrong.push(
      'STRIPE_SECRET_KEY must be a live key too: with a test key, money that nobody paid would be paid out by PayPal.'
    )
  }
  wrong.push(...wrongWithPaypal(settings, has))
  if (settings.MAIL_TRANSPORT !== 'smtp') {
    wrong.push('MAIL_TRANSPORT must be smtp; file sends nothing to anybody.')
  }
  if (!has('SMTP_HOST')) wrong.push('SMTP_HOST must name the mail server.')
  if (has('LIMITS_FACTOR')) wrong.push('LIMITS_FACTOR must be unset; it is for tests of load.')
  if (wrong.length === 0) return
  throw new Exception(
    `A live key or account is set up, and these settings are not fit for real money:\n${wrong
      .map((line) => `- ${line}`)
      .join('\n')}`,
    { code: 'E_NOT_FIT_FOR_LIVE_MONEY' }
  )
}

/** PayPal is optional, but not by half. */
function wrongWithPaypal(
  settings: LiveMoneySettings,
  has: (name: keyof LiveMoneySettings) => boolean
): string[] {
  if (!has('PAYPAL_CLIENT_ID') && !has('PAYPAL_CLIENT_SECRET')) return []
  const wrong: string[] = []
  if (!has('PAYPAL_CLIENT_ID')) wrong.push('PAYPAL_CLIENT_ID must belong to PAYPAL_CLIENT_SECRET.')
  if (!has('PAYPAL_CLIENT_SECRET')) {
    wrong.push('PAYPAL_CLIENT_SECRET must be the secret of PAYPAL_CLIENT_ID.')
  }
  const base = settings.PAYPAL_API_BASE?.trim() ?? ''
  if (base && (!/^https:/i.test(base) || isPaypalSandbox(base))) {
    wrong.push(
      "PAYPAL_API_BASE must be an https address, and not that of PayPal's sandbox, where nobody pays; leave it out for PayPal itself."
    )
  }
  if (!has('PAYPAL_WEBHOOK_ID')) {
    wrong.push('PAYPAL_WEBHOOK_ID must be the id of the webhook at /api/webhooks/paypal.')
  }
  if (!has('VENMO_WEBHOOK_ID')) {
    wrong.push('VENMO_WEBHOOK_ID must be the id of the webhook at /api/webhooks/venmo.')
  }
  return wrong
}

function isPaypalSandbox(base: string): boolean {
  return URL.canParse(base) && /(^|\.)sandbox\.paypal\.com$/.test(new URL(base).hostname)
}

/**
 * The same for the environment that this process runs in. Nothing to check while no key or account of
 * ours moves real money.
 *
 * @throws Error naming every variable that is not fit
 */
export async function checkLiveMoney(): Promise<void> {
  const { isLiveMode } = await import('#payments/stripe/client')
  const { isPaypalLive } = await import('#payments/paypal/client')
  if (!isLiveMode() && !isPaypalLive()) return
  const { default: env } = await import('#start/env')
  assertFitForLiveMoney({
    STRIPE_SECRET_KEY: env.get('STRIPE_SECRET_KEY').release(),
    STRIPE_API_BASE: env.get('STRIPE_API_BASE'),
    STRIPE_CONNECT_WEBHOOK_SECRETS: env.get('STRIPE_CONNECT_WEBHOOK_SECRETS')?.release(),
    PAYPAL_CLIENT_ID: env.get('PAYPAL_CLIENT_ID'),
    PAYPAL_CLIENT_SECRET: env.get('PAYPAL_CLIENT_SECRET')?.release(),
    PAYPAL_API_BASE: env.get('PAYPAL_API_BASE'),
    PAYPAL_WEBHOOK_ID: env.get('PAYPAL_WEBHOOK_ID'),
    VENMO_WEBHOOK_ID: env.get('VENMO_WEBHOOK_ID'),
    MAIL_TRANSPORT: env.get('MAIL_TRANSPORT'),
    SMTP_HOST: env.get('SMTP_HOST'),
    LIMITS_FACTOR: env.get('LIMITS_FACTOR')?.toString(),
  })
}

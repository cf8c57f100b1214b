import { Exception } from '@adonisjs/core/exceptions'

/** What the environment says, blank or absent where it says nothing. */
export interface LiveMoneySettings {
  STRIPE_API_BASE?: string
  STRIPE_CONNECT_WEBHOOK_SECRETS?: string
  MAIL_TRANSPORT?: string
  SMTP_HOST?: string
}

/**
 * Refuses settings that are fine for trying SafeSend out, and would with real money send the key in
 * the clear, miss what happens to payouts, or keep mail from people.
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
  if (settings.MAIL_TRANSPORT !== 'smtp') {
    wrong.push('MAIL_TRANSPORT must be smtp; file sends nothing to anybody.')
  }
  if (!has('SMTP_HOST')) wrong.push('SMTP_HOST must name the mail server.')
  if (wrong.length === 0) return
  throw new Exception(
    `STRIPE_SECRET_KEY is a live key, and these settings are not fit for real money:\n${wrong
      .map((line) => `- ${line}`)
      .join('\n')}`,
    { code: 'E_NOT_FIT_FOR_LIVE_MONEY' }
  )
}

/**
 * The same for the environment that this process runs in. Nothing to check while the key moves no
 * real money.
 *
 * @throws Error naming every variable that is not fit
 */
export async function checkLiveMoney(): Promise<void> {
  const { isLiveMode } = await import('#payments/stripe/client')
  if (!isLiveMode()) return
  const { default: env } = await import('#start/env')
  assertFitForLiveMoney({
    STRIPE_API_BASE: env.get('STRIPE_API_BASE'),
    STRIPE_CONNECT_WEBHOOK_SECRETS: env.get('STRIPE_CONNECT_WEBHOOK_SECRETS')?.release(),
    MAIL_TRANSPORT: env.get('MAIL_TRANSPORT'),
    SMTP_HOST: env.get('SMTP_HOST'),
  })
}

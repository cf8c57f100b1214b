/** A web server that moves real money must not start on settings made for trying things out. */
export default class LiveMoneyProvider {
  async start() {
    const { isLiveMode } = await import('#payments/stripe/client')
    if (!isLiveMode()) return
    const { default: env } = await import('#start/env')
    const { assertFitForLiveMoney } = await import('#start/live_money')
    assertFitForLiveMoney({
      STRIPE_API_BASE: env.get('STRIPE_API_BASE'),
      STRIPE_CONNECT_WEBHOOK_SECRETS: env.get('STRIPE_CONNECT_WEBHOOK_SECRETS')?.release(),
      MAIL_TRANSPORT: env.get('MAIL_TRANSPORT'),
      SMTP_HOST: env.get('SMTP_HOST'),
    })
  }
}

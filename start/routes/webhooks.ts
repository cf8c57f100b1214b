import router from '@adonisjs/core/services/router'
import { limits } from '#start/limiter'

const Paypal = () => import('#controllers/webhooks/paypal_controller')
const Stripe = () => import('#controllers/webhooks/stripe_controller')

/** With no other middleware: providers sign the raw body, and need neither token nor JSON. */
router
  .group(() => {
    router.post('stripe', [Stripe, 'platform']).as('stripe')
    router.post('stripe/connect', [Stripe, 'connect']).as('stripe.connect')
    router.post('paypal', [Paypal, 'platform']).as('paypal')
    router.post('venmo', [Paypal, 'venmo']).as('venmo')
  })
  .prefix('/api/webhooks')
  .as('webhooks')
  .use(limits.webhook)

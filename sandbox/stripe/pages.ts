import { escape, html as hosted, redirect, type Page } from '../common/html.js'
import type { SideDoor } from '../common/http.js'
import { StripeFailure } from './errors.js'
import { decodeForm } from './form.js'
import { completeOnboarding, openLink } from './resources/accounts.js'
import { paySession } from './resources/checkout_sessions.js'
import { authenticateIntent } from './resources/payment_intents.js'
import { display } from './money_rules.js'
import { tick } from './schedule.js'
import type { World } from './world.js'

const CARDS = [
  ['pm_card_visa', 'Visa 4242, pays'],
  ['pm_card_chargeDeclined', 'Visa 0002, declined'],
  ['pm_card_chargeDeclinedInsufficientFunds', 'Visa 9995, insufficient funds'],
  ['pm_card_createDispute', 'Visa 0259, pays, then disputed'],
] as const

/** The pages that Stripe hosts: checkout, 3-D Secure, and onboarding of connected accounts. */
export function pages(world: World): SideDoor {
  return async ({ method, path, body }) => {
    const [, area, kind, id, token] = path.split('/')
    const form = method === 'POST' ? decodeForm(body) : undefined
    try {
      tick(world)
      if (area === 'c' && kind === 'pay' && id) return checkout(world, id, form?.card)
      if (area === 'c' && kind === '3ds' && id) return challenge(world, id, form?.passed)
      if (area === 'setup' && kind === 'e' && id && token) {
        return onboarding(world, id, token, form !== undefined)
      }
      return undefined
    } finally {
      world.store.commit()
    }
  }
}

function checkout(world: World, id: string, card: unknown): Page {
  const row = world.store.get('checkout_session', id)
  if (!row) return html(404, 'Not found', '<p>There is no such checkout session.</p>')
  const { data: session } = row
  const done = session.success_url?.replaceAll('{CHECKOUT_SESSION_ID}', id)
  if (session.status === 'complete' && done) return redirect(done)
  if (session.status !== 'open') return html(410, 'Expired', '<p>This session has expired.</p>')
  let problem = ''
  if (typeof card === 'string') {
    try {
      paySession(world, row, card)
      return redirect(done ?? '/')
    } catch (error) {
      if (!(error instanceof StripeFailure)) throw error
      problem = `<p role="alert">${escape(error.body.message)}</p>`
    }
  }
  const total = display(session.amount_total ?? 0, session.currency ?? 'usd')
  const items = (row.hidden.lineItems ?? []).map(
    (item) => `<li>${escape(String(item.description))}</li>`
  )
  const choices = CARDS.map(
    ([name, label], index) =>
      `<label><input type="radio" name="card" value="${name}"${index === 0 ? ' checked' : ''}> ${label}</label>`
  )
  const back = session.cancel_url ? `<a href="${escape(session.cancel_url)}">Cancel</a>` : ''
  return html(
    problem ? 402 : 200,
    `Pay ${total}`,
    `<ul>${items.join('')}</ul>${problem}<form method="post">${choices.join('')}<button>Pay ${total}</button></form>${back}`
  )
}

function challenge(world: World, id: string, passed: unknown): Page {
  const row = world.store.get('payment_intent', id)
  const back = row?.data.next_action?.redirect_to_url?.return_url
  if (!row || !back) return html(404, 'Not found', '<p>Nothing is to be authenticated here.</p>')
  if (passed === undefined) {
    return html(
      200,
      '3-D Secure',
      '<form method="post"><button name="passed" value="yes">Complete</button><button name="passed" value="no">Fail</button></form>'
    )
  }
  authenticateIntent(world, row, passed === 'yes')
  const target = new URL(back)
  target.searchParams.set('payment_intent', id)
  target.searchParams.set('payment_intent_client_secret', row.data.client_secret ?? '')
  target.searchParams.set('redirect_status', passed === 'yes' ? 'succeeded' : 'failed')
  return redirect(target.href)
}

function onboarding(world: World, account: string, token: string, submitted: boolean): Page {
  const link = openLink(world, token)
  const row = world.store.get('account', account)
  if (!row) return html(404, 'Not found', '<p>There is no such account.</p>')
  if (!link || link.data.account !== account) {
    const known = world.store.get('account_link', token)
    return known
      ? redirect(known.data.refreshUrl)
      : html(410, 'Expired', '<p>This link has expired.</p>')
  }
  if (!submitted) {
    return html(
      200,
      'Get paid',
      `<p>Onboarding of ${escape(row.data.email ?? account)}. Nothing real is asked for here.</p><form method="post"><button>Agree and submit</button></form><a href="${escape(link.data.returnUrl)}">Save for later</a>`
    )
  }
  // The link is for one use; its row stays, expired, so that a second use goes to the refresh URL.
  link.data.expiresAt = 0
  world.store.save(link)
  completeOnboarding(world, row)
  return redirect(link.data.returnUrl)
}

function html(status: number, title: string, content: string): Page {
  return hosted('Stripe', status, title, content)
}

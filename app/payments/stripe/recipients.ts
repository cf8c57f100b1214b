import type Stripe from 'stripe'
import env from '#start/env'
import { isKnownCurrency } from '#ledger/money'
import { ProviderFailure, type RecipientPayout, type RecipientState } from '#payments/provider'
import { fromStripe } from './amounts.js'
import { ask, everyOf, isReplay, look, stripeClient } from './client.js'
import { createdSince } from './windows.js'

/** What reading an account that has left us, or something of its own, fails with. */
const GONE = ['account_invalid', 'resource_missing']

const PAYOUT_STATES: Record<string, RecipientPayout['state']> = {
  paid: 'paid',
  failed: 'failed',
  canceled: 'cancelled',
}

/** Countries between which Stripe transfers without crossing a border. */
const EEA = new Set(
  'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK'.split(
    ' '
  )
)

/**
 * Whether money for an account there crosses a border of Stripe's, which it does only to accounts under the
 * recipient's agreement (https://docs.stripe.com/connect/service-agreement-types).
 */
function isAbroad(country: string): boolean {
  const there = country.toUpperCase()
  const home = env.get('STRIPE_COUNTRY')?.trim().toUpperCase() || 'US'
  return there !== home && !(EEA.has(there) && EEA.has(home))
}

/** Makes a connected Express account that may receive transfers; Stripe collects the rest itself. */
export async function onboardRecipient(input: {
  key: string
  payoutAccountId: string
  email: string
  country: string
}): Promise<RecipientState> {
  const account = await ask('account', () =>
    stripeClient().accounts.create(
      {
        type: 'express',
        country: input.country,
        email: input.email,
        capabilities: { transfers: { requested: true } },
        ...(isAbroad(input.country) && { tos_acceptance: { service_agreement: 'recipient' } }),
        metadata: { payout_account_id: input.payoutAccountId },
      },
      { idempotencyKey: input.key }
    )
  )
  return isReplay(account) ? getRecipient(account.id) : describe(account)
}

/** An account that has left us, or was deleted, is `disabled`. */
export async function getRecipient(destination: string): Promise<RecipientState> {
  try {
    return describe(await look('account', () => stripeClient().accounts.retrieve(destination)))
  } catch (error) {
    if (!isGone(error)) throw error
    return { destination, payoutAccountId: '', status: 'disabled', requirements: [] }
  }
}

/** Among all accounts made since then: lists are complete at once. */
export async function findRecipient(
  payoutAccountId: string,
  since: Date
): Promise<RecipientState | undefined> {
  const accounts = everyOf(() =>
    stripeClient().accounts.list({ created: createdSince(since), limit: 100 })
  )
  for await (const account of accounts) {
    if (account.metadata?.payout_account_id === payoutAccountId) return describe(account)
  }
  return undefined
}

/** Read at the connected account, whose payouts these are. */
export async function getRecipientPayout(
  id: string,
  destination: string
): Promise<RecipientPayout | undefined> {
  try {
    const payout = await look('payout', () =>
      stripeClient().payouts.retrieve(id, {}, { stripeAccount: destination })
    )
    const { amount, currency } = payout
    return {
      id: payout.id,
      state: PAYOUT_STATES[payout.status] ?? 'pending',
      createdAt: new Date(payout.created * 1000),
      amount: isKnownCurrency(currency.toUpperCase()) ? fromStripe(amount, currency) : undefined,
      failureMessage: payout.failure_message ?? '',
    }
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

export async function onboardingLink(
  destination: string,
  urls: { refresh: string; return: string }
): Promise<string> {
  const link = await ask('account_link', () =>
    stripeClient().accountLinks.create({
      account: destination,
      refresh_url: urls.refresh,
      return_url: urls.return,
      type: 'account_onboarding',
    })
  )
  return link.url
}

function isGone(error: unknown): boolean {
  return error instanceof ProviderFailure && GONE.includes(error.code)
}

function describe(account: Stripe.Account): RecipientState {
  return {
    destination: account.id,
    payoutAccountId: account.metadata?.payout_account_id ?? '',
    status: statusOf(account),
    requirements: wantedOf(account),
  }
}

/** What is wanted now, the most urgent first. What is wanted eventually is nothing to act on yet. */
function wantedOf({ requirements }: Stripe.Account): string[] {
  const { past_due: overdue, currently_due: due } = requirements ?? {}
  return [...new Set([...(overdue ?? []), ...(due ?? [])])]
}

/**
 * What counts is whether a transfer would go through. Whether Stripe pays out from there to the bank
 * (`payouts_enabled`) is between the recipient and Stripe.
 */
function statusOf(account: Stripe.Account): RecipientState['status'] {
  const reason = account.requirements?.disabled_reason ?? ''
  if (reason.startsWith('rejected.')) return 'disabled'
  if (account.capabilities?.transfers === 'active') return 'enabled'
  if (!account.details_submitted) return 'pending'
  // With nothing left to give, what was given is being checked: the recipient can only wait.
  return wantedOf(account).length === 0 ? 'pending' : 'restricted'
}

import type Stripe from 'stripe'
import { ProviderFailure, type RecipientState } from '#payments/provider'
import { ask, look, stripeClient } from './client.js'

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
        metadata: { payout_account_id: input.payoutAccountId },
      },
      { idempotencyKey: input.key }
    )
  )
  return describe(account)
}

/** An account that has left us, or was deleted, is `disabled`. */
export async function getRecipient(destination: string): Promise<RecipientState> {
  try {
    return describe(await look('account', () => stripeClient().accounts.retrieve(destination)))
  } catch (error) {
    const gone = ['account_invalid', 'resource_missing']
    if (!(error instanceof ProviderFailure) || !gone.includes(error.code)) throw error
    return { destination, payoutAccountId: '', status: 'disabled', requirements: [] }
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

function describe(account: Stripe.Account): RecipientState {
  const { past_due: overdue, currently_due: due } = account.requirements ?? {}
  return {
    destination: account.id,
    payoutAccountId: account.metadata?.payout_account_id ?? '',
    status: statusOf(account),
    requirements: [...new Set([...(overdue ?? []), ...(due ?? [])])],
  }
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
  // Everything was given and is being checked.
  const due = account.requirements?.currently_due ?? []
  return due.length === 0 && account.capabilities?.transfers === 'pending'
    ? 'pending'
    : 'restricted'
}

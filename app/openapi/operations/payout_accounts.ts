import { data, noContent, page, type Operations } from '#openapi/operation'
import {
  addPayoutAccountValidator,
  editPayoutAccountValidator,
  onboardingLinkValidator,
} from '#validators/payout_account'

const freelancers = {
  tag: 'Payout accounts',
  who: 'freelancer',
  never: ['forbidden'],
} as const

export const payoutAccountOperations: Operations = {
  'GET /api/payments/payout-accounts': {
    ...freelancers,
    summary: 'List your payout accounts',
    description: 'All of them on one page.',
    answers: { 200: page('PayoutAccount', 'The accounts.') },
    problems: ['freelancers_only'],
    never: ['forbidden'],
  },
  'POST /api/payments/payout-accounts': {
    ...freelancers,
    summary: 'Add a payout account',
    description:
      'Stripe: an account that the freelancer sets up at Stripe with an [onboarding link](#operation/payoutAccountsOnboardingLink), in the `country` of their bank account (required, and never changed). PayPal and Venmo: a `destination`, an e-mail address or, for Venmo, a US phone number. The first one becomes the default.',
    verified: true,
    body: addPayoutAccountValidator,
    answers: {
      201: data('PayoutAccount', 'The account.'),
      202: data('PayoutAccount', 'The provider has not answered yet. Ask again in a moment.'),
    },
    problems: [
      'freelancers_only',
      'sign_in_again',
      'too_many_payout_accounts',
      'provider_unavailable',
      ['provider_declined', 422],
      ['provider_no_answer', 502],
    ],
    never: ['forbidden'],
  },
  'PUT /api/payments/payout-accounts/:id': {
    ...freelancers,
    summary: 'Make a payout account the default',
    description: 'Payouts go there from now on; those that wait, too.',
    verified: true,
    body: editPayoutAccountValidator,
    answers: { 200: data('PayoutAccount', 'The account.') },
    problems: ['freelancers_only', 'sign_in_again', 'wrong_state'],
    never: ['forbidden'],
  },
  'DELETE /api/payments/payout-accounts/:id': {
    ...freelancers,
    summary: 'Remove a payout account',
    verified: true,
    answers: { 204: noContent('It is gone.') },
    problems: ['freelancers_only', 'sign_in_again', 'payout_in_transit'],
    never: ['forbidden'],
  },
  'POST /api/payments/payout-accounts/:id/onboarding-link': {
    ...freelancers,
    summary: 'Get an onboarding link',
    description:
      'Send the freelancer to `url`. The provider sends them to `return_url` when they are done, and to `refresh_url` for another link when this one has expired.',
    verified: true,
    body: onboardingLinkValidator,
    bodyOptional: true,
    answers: { 200: data('OnboardingLink', 'The link.') },
    problems: [
      'freelancers_only',
      'sign_in_again',
      'no_onboarding',
      'wrong_state',
      ['provider_declined', 422],
      ['provider_no_answer', 502],
    ],
    never: ['forbidden'],
  },
}

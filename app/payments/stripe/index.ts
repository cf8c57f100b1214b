import type { LookupHints, Provider } from '#payments/provider'
import { stripeLimits } from './amounts.js'
import { getBalance, listBalanceTransactions } from './balance.js'
import { isLiveMode } from './client.js'
import {
  cancelDeposit,
  createDeposit,
  findDeposit,
  getDeposit,
  getDepositByCharge,
} from './deposits.js'
import { getDispute, listDisputes, submitEvidence } from './disputes.js'
import { listEvents, parseStripeEvent } from './events.js'
import { createPayout, findPayout, getPayout, reversePayout } from './payouts.js'
import {
  findRecipient,
  getRecipient,
  getRecipientPayout,
  onboardRecipient,
  onboardingLink,
} from './recipients.js'
import { rawRecord } from './raw_record.js'
import { createRefund, findRefund, getRefund } from './refunds.js'
import { verifyStripeWebhook } from './webhooks.js'

const HOUR = 3_600_000

function findByMetadata(kind: string, transactionId: string, hints: LookupHints): Promise<any> {
  if (kind === 'deposit') return findDeposit(transactionId, hints.since)
  return kind === 'refund' ? findRefund(transactionId, hints) : findPayout(transactionId, hints)
}

/** Stripe Connect with separate charges and transfers. */
export const stripe: Provider = {
  name: 'stripe',
  rail: 'stripe',
  limitsFor: stripeLimits,
  depositLifetimeMs: 24 * HOUR,
  // A platform in the United States may hold for two years (elsewhere 90 days); cards are refundable as long.
  refundableDays: 730,
  holdDays: 730,
  depositMethods: ['payment_element', 'checkout'],
  keyLifetimeMs: {
    deposit: 24 * HOUR,
    refund: 24 * HOUR,
    payout: 24 * HOUR,
    recipient: 24 * HOUR,
  },
  payoutsDrawOnCharge: true,
  balanceTransactionLagMs: 5 * 60_000,
  createDeposit,
  getDeposit,
  getDepositByCharge,
  // Stripe captures by itself; there is nothing left to take, only to look at.
  captureDeposit: (id) => getDeposit(id),
  cancelDeposit,
  refund: createRefund,
  getRefund,
  createPayout,
  getPayout,
  onboardRecipient,
  getRecipient,
  onboardingLink,
  verifyWebhook: verifyStripeWebhook,
  parseEvent: (payload) => parseStripeEvent(payload, isLiveMode()),
  findByMetadata,
  listBalanceTransactions,
  getBalance,
  rawRecord,
  getDispute,
  listDisputes,
  submitEvidence,
  listEvents,
  reversePayout,
  findRecipient,
  getRecipientPayout,
}

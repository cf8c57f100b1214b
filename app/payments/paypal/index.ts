import type { LookupHints, Provider } from '#payments/provider'
import { paypalLimits, venmoLimits } from './amounts.js'
import { getBalance, listBalanceTransactions } from './balance.js'
import {
  cancelDeposit,
  captureDeposit,
  createDeposit,
  findDeposit,
  getDeposit,
  getDepositByCharge,
  type Wallet,
} from './deposits.js'
import { getDispute, listDisputes, submitEvidence } from './disputes.js'
import { listEvents } from './event_list.js'
import { parsePaypalEvent } from './events.js'
import { cancelPayout, createPayout, findPayout, getPayout } from './payouts.js'
import { paypalDestination, recipients, venmoDestination } from './recipients.js'
import { rawRecord } from './raw_record.js'
import { createRefund, findRefund, getRefund } from './refunds.js'
import { SEARCH_LAG_MS } from './transactions.js'
import { verifyPaypalWebhook } from './webhooks.js'

export { isPaypalConfigured } from './client.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** PayPal-Request-Id is kept for so long; for payouts it is `sender_batch_id` that counts. */
const KEY_LIFETIME_MS = {
  deposit: 6 * HOUR,
  refund: 45 * DAY,
  payout: 30 * DAY,
  // Nothing is made at PayPal for a recipient, so there is nothing to be made twice.
  recipient: 0,
}

function findByMetadata(kind: string, transactionId: string, hints: LookupHints): Promise<any> {
  if (kind === 'deposit') return findDeposit(transactionId, hints)
  return kind === 'refund'
    ? findRefund(transactionId, hints)
    : findPayout(transactionId, hints, KEY_LIFETIME_MS.payout)
}

/** Orders v2 into our own account, Payouts v1 out of it. Venmo is another button for the same. */
function providerWith(
  wallet: Wallet,
  own: Pick<Provider, 'limitsFor' | 'destinationOf'>
): Provider {
  return {
    name: wallet,
    rail: 'paypal',
    ...own,
    ...recipients,
    depositMethods: ['checkout'],
    // An order can be approved for six hours. What was approved at the last moment still has to be captured.
    depositLifetimeMs: 6 * HOUR - 10 * MINUTE,
    refundableDays: 180,
    // PayPal names no time for which our own balance may be held for others. What limits it is how long the
    // money can go back the way it came.
    holdDays: 180,
    keyLifetimeMs: KEY_LIFETIME_MS,
    payoutsDrawOnCharge: false,
    balanceTransactionLagMs: SEARCH_LAG_MS,
    createDeposit: (input) => createDeposit(wallet, input),
    getDeposit,
    getDepositByCharge,
    captureDeposit,
    cancelDeposit,
    refund: createRefund,
    getRefund,
    createPayout: (input) => createPayout(wallet, input),
    getPayout,
    cancelPayout,
    verifyWebhook: verifyPaypalWebhook,
    parseEvent: parsePaypalEvent,
    findByMetadata,
    listBalanceTransactions,
    getBalance,
    rawRecord,
    getDispute,
    listDisputes,
    submitEvidence,
    listEvents,
    // What has reached a recipient's account is theirs: PayPal takes nothing back for us.
    reversePayout: async () => undefined,
  }
}

export const paypal = providerWith('paypal', {
  limitsFor: paypalLimits,
  destinationOf: paypalDestination,
})
export const venmo = providerWith('venmo', {
  limitsFor: venmoLimits,
  destinationOf: venmoDestination,
})

import {
  CaptureStatus,
  CheckoutPaymentIntent,
  OrderApplicationContextShippingPreference,
  OrderApplicationContextUserAction,
  OrderStatus,
  PayeePaymentMethodPreference,
  PaypalExperienceUserAction,
  PaypalWalletContextShippingPreference,
  RefundStatus,
  VenmoWalletExperienceContextShippingPreference,
  type Order,
  type OrderRequest,
  type OrdersCapture,
  type PurchaseUnit,
  type Refund,
} from '@paypal/paypal-server-sdk'
import env from '#start/env'
import { isKnownCurrency, Money, sumOf } from '#ledger/money'
import {
  NOT_A_DEPOSIT,
  ProviderFailure,
  type CreateDeposit,
  type LookupHints,
  type ProviderDeposit,
} from '#payments/provider'
import { fromPaypal, paypalCurrencies, toPaypal } from './amounts.js'
import { ask, look } from './client.js'
import { isGone, malformedAnswer } from './errors.js'

/** Whose button the payer sees. Both pay into the same PayPal account. */
export type Wallet = 'paypal' | 'venmo'

const BRAND = 'SafeSend'
/** Descriptions end there. */
const DESCRIPTION_LIMIT = 127
/** The whole order comes back, not only its id. */
const WHOLE = 'return=representation'

/** Captures whose money reached us, whatever became of it later. */
const TAKEN = new Set<string>([
  CaptureStatus.Completed,
  CaptureStatus.PartiallyRefunded,
  CaptureStatus.Refunded,
  // Not in PayPal's document, but in its events (PAYMENT.CAPTURE.REVERSED).
  'REVERSED',
])
const REFUSED = new Set<string>([CaptureStatus.Declined, CaptureStatus.Failed])

/** Why a capture is held back or was reversed, where that is a quarrel with its payer. */
const QUARREL = new Set(['BUYER_COMPLAINT', 'CHARGEBACK'])

/** What a capture is refused with because of what happened to its order meanwhile: look at the order. */
const ORDER_CHANGED = new Set([
  'ORDER_ALREADY_CAPTURED',
  'ORDER_NOT_APPROVED',
  'PAYER_ACTION_REQUIRED',
  'ORDER_VOIDED',
])
const ORDER_EXPIRED = 'ORDER_EXPIRED'

/**
 * Asks for a payment into our own account. Our transaction's id is the invoice number, so PayPal refuses
 * to take the money of a second order for it (DUPLICATE_INVOICE_ID), should one ever come about.
 */
export async function createDeposit(
  wallet: Wallet,
  input: CreateDeposit
): Promise<ProviderDeposit> {
  const order = await ask(({ orders }, options) =>
    orders.createOrder(
      { body: requestOf(wallet, input), paypalRequestId: input.key, prefer: WHOLE },
      options
    )
  )
  return describe(order)
}

/**
 * PayPal forgets an order within hours if nobody approves or captures it. One that it does not show any
 * more can be captured no more, so it counts as cancelled; whether it was captured before, who calls has to
 * judge. (Were it hidden from us only, by credentials of another account, its money would still be taken by
 * nobody: nobody else captures it.)
 */
export async function getDeposit(id: string): Promise<ProviderDeposit> {
  try {
    return describe(await getOrder(id))
  } catch (error) {
    if (!isGone(error)) throw error
    const nothing = Money.zero(paypalCurrencies()[0])
    return { id, transactionId: '', state: 'cancelled', gone: true, amount: nothing, chargeId: '' }
  }
}

/** A capture names its order. One that has none was made by hand, or by another program of ours. */
export async function getDepositByCharge(chargeId: string): Promise<ProviderDeposit> {
  const orderId = await orderOf(chargeId)
  if (!orderId) {
    throw new ProviderFailure('unknown', NOT_A_DEPOSIT, `${chargeId} belongs to no deposit.`)
  }
  return describe(await getOrder(orderId))
}

/**
 * Takes the money of an order that its payer approved. The order is looked at first: a capture that was
 * sent before may have gone through, and PayPal keeps our key for a few hours only.
 */
export async function captureDeposit(id: string, key: string): Promise<ProviderDeposit> {
  const before = await getDeposit(id)
  if (before.state !== 'approved') return before
  try {
    const order = await ask(({ orders }, options) =>
      orders.captureOrder({ id, paypalRequestId: key, prefer: WHOLE, body: {} }, options)
    )
    return describe(order)
  } catch (error) {
    if (!(error instanceof ProviderFailure) || error.kind !== 'declined') throw error
    if (error.code === ORDER_EXPIRED) return cancelled(before)
    if (isGone(error)) return { ...cancelled(before), gone: true }
    // Another capture, or a change of the payer's mind, may have come first.
    const now = await getDeposit(id)
    const settled = now.state !== 'open' && now.state !== 'approved'
    if (settled || ORDER_CHANGED.has(error.code)) return now
    throw error
  }
}

/**
 * PayPal has no way to withdraw an order, and needs none: nobody takes its money but us, and a deposit
 * that is cancelled is never captured. So it is looked at, and if nothing was taken it counts as cancelled.
 */
export async function cancelDeposit(id: string): Promise<ProviderDeposit> {
  const deposit = await getDeposit(id)
  const open = deposit.state === 'open' || deposit.state === 'approved'
  return open ? cancelled(deposit) : deposit
}

/**
 * PayPal finds no order by our id, and does not have to: an order of which we never learned the id is one
 * that we never capture, so its money stays with its payer. Nothing is lost by taking it for absent.
 */
export async function findDeposit(
  _transactionId: string,
  _hints: LookupHints
): Promise<ProviderDeposit | undefined> {
  return undefined
}

/** The refunds of a capture's order. @throws ProviderFailure `unknown` where they cannot be told */
export async function refundsOf(chargeId: string): Promise<Refund[]> {
  const orderId = await orderOf(chargeId)
  if (!orderId) {
    throw new ProviderFailure(
      'unknown',
      'order_unknown',
      `PayPal does not tell which order ${chargeId} belongs to.`
    )
  }
  const { purchaseUnits = [] } = await getOrder(orderId)
  return purchaseUnits.flatMap(({ customId, payments }) =>
    // One that repeats what its payment is called has no name of its own.
    (payments?.refunds ?? []).map((refund) =>
      refund.customId === customId ? { ...refund, customId: undefined } : refund
    )
  )
}

function requestOf(wallet: Wallet, input: CreateDeposit): OrderRequest {
  const backTo = input.returnUrl ?? env.get('FRONTEND_URL') ?? env.get('APP_URL')
  const urls = { returnUrl: backTo, cancelUrl: backTo }
  return {
    intent: CheckoutPaymentIntent.Capture,
    purchaseUnits: [
      {
        amount: { currencyCode: input.amount.currency, value: toPaypal(input.amount) },
        description: input.description.slice(0, DESCRIPTION_LIMIT),
        customId: input.transactionId,
        invoiceId: input.transactionId,
      },
    ],
    ...(wallet === 'paypal'
      ? {
          paymentSource: {
            paypal: {
              experienceContext: {
                ...urls,
                brandName: BRAND,
                shippingPreference: PaypalWalletContextShippingPreference.NoShipping,
                userAction: PaypalExperienceUserAction.PayNow,
                // An eCheck would be on its way for days while the work waits for it.
                paymentMethodPreference: PayeePaymentMethodPreference.ImmediatePaymentRequired,
              },
            },
          },
        }
      : {
          paymentSource: {
            venmo: {
              experienceContext: {
                brandName: BRAND,
                shippingPreference: VenmoWalletExperienceContextShippingPreference.NoShipping,
              },
            },
          },
          // Venmo's own context has no addresses; the order's does.
          applicationContext: {
            ...urls,
            brandName: BRAND,
            shippingPreference: OrderApplicationContextShippingPreference.NoShipping,
            userAction: OrderApplicationContextUserAction.PayNow,
          },
        }),
  }
}

function getOrder(id: string): Promise<Order> {
  return look(({ orders }, options) => orders.getOrder({ id }, options))
}

async function orderOf(chargeId: string): Promise<string | undefined> {
  const capture = await look(({ payments }, options) =>
    payments.getCapturedPayment({ captureId: chargeId }, options)
  )
  if (!capture.id) throw malformedAnswer('capture')
  return capture.supplementaryData?.relatedIds?.orderId
}

function cancelled({ clientAction: _, ...deposit }: ProviderDeposit): ProviderDeposit {
  return { ...deposit, state: 'cancelled' }
}

function describe(order: Order): ProviderDeposit {
  const [unit] = order.purchaseUnits ?? []
  if (!order.id || !order.status || !unit) throw malformedAnswer('order')
  const captures = unit.payments?.captures ?? []
  const last = captures.at(-1)
  const capture = captures.find(({ status }) => TAKEN.has(status ?? '')) ?? last
  const state = stateOf(order.status, capture)
  const charge = state === 'captured' ? capture : undefined
  const money = capture?.amount ?? unit.amount
  const url = state === 'open' ? approvalLink(order) : undefined
  return {
    id: order.id,
    transactionId: unit.customId ?? unit.invoiceId ?? '',
    state,
    amount: fromPaypal(money?.value, money?.currencyCode),
    chargeId: charge?.id ?? '',
    lastChargeId: last?.id,
    capturedAt: charge?.createTime ? new Date(charge.createTime) : undefined,
    fee: charge && feeOf(charge),
    lastError: REFUSED.has(last?.status ?? '')
      ? `PayPal: ${last?.statusDetails?.reason ?? last?.status}`
      : undefined,
    refundedAmount: charge && refundedOf(unit, charge),
    disputed: capture && isDisputed(capture),
    clientAction: url ? { type: 'redirect', url } : undefined,
  }
}

function stateOf(status: string, capture?: OrdersCapture): ProviderDeposit['state'] {
  if (capture) {
    if (TAKEN.has(capture.status ?? '')) return 'captured'
    // `PENDING`, and what a later API may add: taken or not, we do not know yet.
    return REFUSED.has(capture.status ?? '') ? 'cancelled' : 'processing'
  }
  switch (status) {
    case OrderStatus.Created:
    case OrderStatus.Saved:
    case OrderStatus.PayerActionRequired:
      return 'open'
    case OrderStatus.Approved:
      return 'approved'
    case OrderStatus.Voided:
      return 'cancelled'
    // `COMPLETED` without a capture, and what we do not know.
    default:
      return 'processing'
  }
}

/** Final with the capture: PayPal takes it from the payment itself. */
function feeOf({ sellerReceivableBreakdown: breakdown }: OrdersCapture): Money | undefined {
  const fee = breakdown?.paypalFee
  return fee && isKnownCurrency(fee.currencyCode)
    ? fromPaypal(fee.value, fee.currencyCode)
    : undefined
}

/** What is on its way back counts as gone, as it does at PayPal. */
function refundedOf({ payments }: PurchaseUnit, { amount }: OrdersCapture): Money {
  const left = (payments?.refunds ?? []).filter(
    ({ status }) => status === RefundStatus.Completed || status === RefundStatus.Pending
  )
  return sumOf(
    left.map((refund) => fromPaypal(refund.amount?.value, refund.amount?.currencyCode)),
    amount?.currencyCode ?? ''
  )
}

/**
 * Only the quarrels that hold back or take the money show here. Every other is told by its own events,
 * and by `listDisputes`.
 */
function isDisputed({ status, statusDetails }: OrdersCapture): boolean {
  return String(status) === 'REVERSED' || QUARREL.has(statusDetails?.reason ?? '')
}

/** Named `payer-action` where the order names its payment source, `approve` elsewhere. */
function approvalLink({ links = [] }: Order): string | undefined {
  return links.find(({ rel }) => rel === 'payer-action' || rel === 'approve')?.href
}

import { RefundStatus, type Refund } from '@paypal/paypal-server-sdk'
import {
  ProviderFailure,
  type CreateRefund,
  type LookupHints,
  type ProviderMovement,
} from '#payments/provider'
import { outcomeOf } from '../movements.js'
import { fromPaypal, toPaypal } from './amounts.js'
import { ask, look } from './client.js'
import { refundsOf } from './deposits.js'
import { codeOf, malformedAnswer } from './errors.js'
import { keyIn } from './keys.js'

/** What the payer reads ends there. */
const NOTE_LIMIT = 255

/** This invoice number was refunded before: by an earlier send of ours, since it is the key. */
const ALREADY_REFUNDED = 'DUPLICATE_INVOICE_ID'

/**
 * Sends money of a capture back to its payer. The key is the refund's invoice number, too: PayPal refuses
 * a second refund under it, also when it has forgotten the key itself.
 */
export async function createRefund(input: CreateRefund): Promise<ProviderMovement> {
  try {
    const refund = await ask(({ payments }, options) =>
      payments.refundCapturedPayment(
        {
          captureId: input.chargeId,
          paypalRequestId: input.key,
          prefer: 'return=representation',
          body: {
            amount: { currencyCode: input.amount.currency, value: toPaypal(input.amount) },
            customId: input.transactionId,
            invoiceId: input.key,
            noteToPayer: input.reason.slice(0, NOTE_LIMIT) || undefined,
          },
        },
        options
      )
    )
    return describe(refund)
  } catch (error) {
    if (!(error instanceof ProviderFailure) || error.code !== ALREADY_REFUNDED) throw error
    const refunds = await refundsOf(input.chargeId)
    const made = refunds.find(({ invoiceId }) => invoiceId === input.key)
    if (made) return { ...describe(made), chargeId: input.chargeId }
    throw new ProviderFailure('unknown', error.code, error.message, { cause: error.cause })
  }
}

export async function getRefund(id: string): Promise<ProviderMovement> {
  return describe(
    await look(({ payments }, options) => payments.getRefund({ refundId: id }, options))
  )
}

/** PayPal's clock and ours may differ. */
const CLOCK_SKEW_MS = 600_000

/**
 * Finds our refund among those of its capture's order. That PayPal repeats there what we called it, no
 * document promises: a refund that names nobody and may be ours is no absence, and a person has to look.
 */
export async function findRefund(
  transactionId: string,
  { chargeId, key, since, amount }: LookupHints
): Promise<ProviderMovement | undefined> {
  if (!chargeId) {
    throw new ProviderFailure('unknown', 'charge_unknown', 'PayPal lists refunds by capture only.')
  }
  const refunds = await refundsOf(chargeId)
  const found = (name: string) => refunds.filter((refund) => nameOf(refund) === name)
  const outcome = outcomeOf(found(transactionId).map(describe), key)
  // An order need not say which capture a refund of it gives back; but ours is of ours.
  if (outcome) return { ...outcome, chargeId }
  const earliest = since.getTime() - CLOCK_SKEW_MS
  const nameless = found('')
    .filter(({ createTime }) => !createTime || Date.parse(createTime) >= earliest)
    .map(describe)
    .find((refund) => refund.state !== 'failed' && (!amount || refund.amount.equals(amount)))
  if (!nameless) return undefined
  throw new ProviderFailure(
    'unknown',
    'nameless_refund',
    `${nameless.id} may be the refund ${transactionId}, but carries no id of ours.`
  )
}

/** Our transaction, by the key that is its invoice number, or by our own id; empty if it names none. */
function nameOf({ invoiceId, customId }: Refund): string {
  return keyIn(invoiceId).transactionId || (customId ?? '')
}

function describe(refund: Refund): ProviderMovement {
  const { id, amount, status, statusDetails } = refund
  if (!id || !amount) throw malformedAnswer('refund')
  const failed = status === RefundStatus.Failed || status === RefundStatus.Cancelled
  return {
    id,
    transactionId: nameOf(refund),
    key: refund.invoiceId,
    chargeId: captureOf(refund),
    state: failed ? 'failed' : status === RefundStatus.Completed ? 'succeeded' : 'pending',
    amount: fromPaypal(amount.value, amount.currencyCode),
    failureCode: failed ? codeOf(statusDetails?.reason ?? status) : undefined,
  }
}

/** A refund names its capture by a link only. */
function captureOf({ links = [] }: Refund): string | undefined {
  const up = links.find(({ rel }) => rel === 'up')
  return up && /\/captures\/([^/?#]+)$/.exec(up.href)?.[1]
}

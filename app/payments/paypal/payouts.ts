import type { Money } from '#ledger/money'
import {
  ProviderFailure,
  type CreatePayout,
  type LookupHints,
  type ProviderMovement,
} from '#payments/provider'
import { fromPaypal, toPaypal } from './amounts.js'
import { ask, look, rest, segment } from './client.js'
import type { Wallet } from './deposits.js'
import { asUnknown, codeOf, malformedAnswer, saidOf, type PaypalError } from './errors.js'
import { keyIn } from './keys.js'
import { findSentPayout } from './sent_payouts.js'

/** `POST` and `GET /v1/payments/payouts`, as far as we read them; the SDK does not know payouts. */
interface Batch {
  batch_header?: {
    payout_batch_id?: string
    batch_status?: string
    sender_batch_header?: { sender_batch_id?: string }
    amount?: Amount
    errors?: PaypalError
  }
  items?: Item[]
}

interface Item {
  payout_item_id?: string
  transaction_id?: string
  transaction_status?: string
  payout_item_fee?: Amount
  payout_item?: { sender_item_id?: string; receiver?: string; amount?: Amount }
  errors?: PaypalError
}

interface Amount {
  currency?: string
  value?: string
}

/** The whole of a batch is dead, whatever its item says. */
const DEAD_BATCH = new Set(['DENIED', 'CANCELED'])

const ITEM_STATES: Record<string, ProviderMovement['state']> = {
  SUCCESS: 'succeeded',
  FAILED: 'failed',
  BLOCKED: 'failed',
  // It had not arrived. If we had taken it for paid, it is booked as come back.
  RETURNED: 'failed',
  REFUNDED: 'returned',
  REVERSED: 'returned',
}

/** What its recipient is told while PayPal has the money. */
const WAITS: Record<string, string> = {
  UNCLAIMED:
    'The money waits at PayPal to be claimed: open the message that PayPal sent, and confirm this address there. After 30 days it comes back to us.',
  ONHOLD: 'PayPal is reviewing this payout.',
  PENDING: 'PayPal is processing this payout.',
}

/** So long before the end of its life certainly nobody sends a key any more. */
const SENDING_ENDS_MS = 2 * 3_600_000

/** Only then is its fee more than an estimate. */
const FEE_IS_FINAL = new Set(['SUCCESS', 'REFUNDED', 'REVERSED', 'RETURNED'])

/**
 * Pays a recipient from our balance. One item a batch: PayPal refuses a second batch under the same
 * `sender_batch_id` for 30 days, and of items it promises nothing. So the key is the batch's id; sent
 * again it brings the first batch's.
 */
export async function createPayout(wallet: Wallet, input: CreatePayout): Promise<ProviderMovement> {
  try {
    const { batch_header: header } = await ask(
      rest<Batch>('POST', '/v1/payments/payouts', {
        headers: { 'PayPal-Request-Id': input.key },
        json: requestOf(wallet, input),
      })
    )
    if (!header?.payout_batch_id) throw malformedAnswer('payout')
    // Sent again, it is answered with what has become of it.
    if (header.batch_status !== 'PENDING') return await getPayout(header.payout_batch_id)
    return {
      id: header.payout_batch_id,
      transactionId: input.transactionId,
      key: input.key,
      state: 'pending',
      amount: input.amount,
      waitReason: WAITS.PENDING,
    }
  } catch (error) {
    if (!isDuplicate(error)) throw input.repeated ? worthOfRefusal(error) : error
    return originalOf(error, input.key)
  }
}

/** @param id of the batch */
export async function getPayout(id: string): Promise<ProviderMovement> {
  return describe(await look(rest<Batch>('GET', batchPath(id))))
}

function batchPath(id: string): string {
  return `/v1/payments/payouts/${segment(id)}`
}

/**
 * While the key lives, nothing is looked up: PayPal finds no batch by our id, but sending it again does, and
 * cannot pay twice. After that, a search over everything that left our balance has to tell.
 *
 * It takes the key for dead a little before whoever sends does (`keyHasExpired`, an hour before its end):
 * were it the other way round, this would call absent what is only not sent again.
 *
 * @param keyLifetimeMs how long PayPal refuses a second batch under one key
 */
export async function findPayout(
  transactionId: string,
  hints: LookupHints,
  keyLifetimeMs: number
): Promise<ProviderMovement | undefined> {
  if (hints.sentUntil) return findSentPayout(transactionId, hints, hints.sentUntil)
  const keyEnd = (hints.keySentAt ?? hints.since).getTime() + keyLifetimeMs
  if (Date.now() < keyEnd - SENDING_ENDS_MS) return undefined
  return findSentPayout(transactionId, hints, new Date(keyEnd))
}

/**
 * Takes the one item of a batch back that nobody has claimed. PayPal refuses what is claimed, and what was
 * taken back before: so what it is by now is read again, and told instead of the refusal if it has an end.
 *
 * @param id of the batch
 */
export async function cancelPayout(id: string): Promise<ProviderMovement> {
  const batch = await look(rest<Batch>('GET', batchPath(id)))
  const [item] = batch.items ?? []
  if (item?.transaction_status !== 'UNCLAIMED') return notUnclaimed(describe(batch))
  if (!item.payout_item_id) throw malformedAnswer('payout')
  try {
    const path = `/v1/payments/payouts-item/${segment(item.payout_item_id)}/cancel`
    await ask(rest<Item>('POST', path))
  } catch (error) {
    if (!(error instanceof ProviderFailure) || error.kind !== 'declined') throw error
    return notUnclaimed(await getPayout(id))
  }
  return getPayout(id)
}

function notUnclaimed(payout: ProviderMovement): ProviderMovement {
  if (payout.state !== 'pending') return payout
  throw new ProviderFailure(
    'declined',
    'not_unclaimed',
    'Only a payout that waits to be claimed can be taken back.'
  )
}

function requestOf(wallet: Wallet, input: CreatePayout) {
  return {
    sender_batch_header: {
      sender_batch_id: input.key,
      email_subject: 'You have been paid for your work',
    },
    items: [
      {
        recipient_type: input.destination.includes('@') ? 'EMAIL' : 'PHONE',
        recipient_wallet: wallet === 'venmo' ? 'VENMO' : 'PAYPAL',
        receiver: input.destination,
        amount: { currency: input.amount.currency, value: toPaypal(input.amount) },
        sender_item_id: input.transactionId,
        // Venmo demands one. The key is how the payout is found when PayPal has forgotten that.
        note: `${input.description} ${input.key}`,
        purpose: 'SERVICES',
      },
    ],
  }
}

/**
 * Which PayPal looks at first, a batch's id or what it asks for, nobody says. So a repetition that is
 * refused, for lack of funds say, tells nothing of the one before, which may have taken those funds. Only
 * what was never fit to be sent was not fit then, either.
 */
function worthOfRefusal(error: unknown): unknown {
  return saidOf(error)?.name === 'VALIDATION_ERROR' ? error : asUnknown(error)
}

/** Refused because there is one already: the one thing that must never be taken for "no effect". */
function isDuplicate(error: unknown): error is ProviderFailure {
  const { name = '', message = '', details = [] } = saidOf(error) ?? {}
  if (/DUPLICATE/.test(name) || /sender_batch_id/i.test(message)) return true
  return details.some(
    ({ field, issue, description }) =>
      /sender_batch_id$/i.test(field ?? '') || /duplicate/i.test(`${issue} ${description}`)
  )
}

/** PayPal refuses a repetition with a link to what it repeats, in one place or the other. */
async function originalOf(refused: ProviderFailure, key: string): Promise<ProviderMovement> {
  const unsure = (why: string) =>
    new ProviderFailure('unknown', 'duplicate_batch', `${why} ${refused.message}`, {
      cause: refused.cause,
    })
  const { links = [], details = [] } = saidOf(refused) ?? {}
  const ids = [...links, ...details.flatMap(({ link }) => link ?? [])].map(
    ({ href }) => /\/v1\/payments\/payouts\/([^/?#]+)$/.exec(href ?? '')?.[1]
  )
  const id = ids.find(Boolean)
  if (!id) throw unsure('PayPal has this payout already, but does not say which it is.')
  const original = await getPayout(decodeURIComponent(id)).catch((error) => {
    throw asUnknown(error)
  })
  if (original.key !== key) throw unsure('PayPal names another payout than this one.')
  return original
}

function describe({ batch_header: header, items = [] }: Batch): ProviderMovement {
  if (!header?.payout_batch_id) throw malformedAnswer('payout')
  const [item] = items
  const key = header.sender_batch_header?.sender_batch_id
  const status = item?.transaction_status ?? ''
  const dead = DEAD_BATCH.has(header.batch_status ?? '')
  const state = dead && !(status in ITEM_STATES) ? 'failed' : (ITEM_STATES[status] ?? 'pending')
  const amount = moneyIn(item?.payout_item?.amount ?? header.amount)
  const why = item?.errors ?? header.errors
  return {
    id: header.payout_batch_id,
    // A batch that has no item yet carries it in its own id.
    transactionId: item?.payout_item?.sender_item_id ?? keyIn(key).transactionId,
    destination: item?.payout_item?.receiver,
    key,
    state,
    amount,
    returnedAmount: state === 'returned' ? amount : undefined,
    balanceSourceId: item?.transaction_id,
    fee: FEE_IS_FINAL.has(status) ? feeOf(item) : undefined,
    debited: state === 'pending' ? takenFor(amount, item) : undefined,
    waitReason: state === 'pending' ? (WAITS[status] ?? WAITS.PENDING) : undefined,
    unclaimed: status === 'UNCLAIMED',
    failureCode: state === 'failed' ? codeOf(why?.name ?? (status || 'DENIED')) : undefined,
    failureMessage: state === 'failed' ? why?.message : undefined,
  }
}

/**
 * A payout that has a transaction has left our balance, wherever it waits, and its fee has with it. What
 * has none is only asked for.
 */
function takenFor(amount: Money, item?: Item): Money | undefined {
  if (!item?.transaction_id) return undefined
  const fee = feeOf(item)
  return fee?.currency === amount.currency ? amount.add(fee) : amount
}

function feeOf(item?: Item): Money | undefined {
  return item?.payout_item_fee && moneyIn(item.payout_item_fee)
}

function moneyIn(amount?: Amount): Money {
  return fromPaypal(amount?.value, amount?.currency)
}

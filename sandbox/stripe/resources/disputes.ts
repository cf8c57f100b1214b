import type Stripe from 'stripe'
import { endpoint } from '../endpoint.js'
import { invalidParam, refuse } from '../errors.js'
import { boolean, hash, listOf as many, metadata, string, textOf } from '../fields.js'
import { dated, listOf } from '../lists.js'
import { mergedMetadata } from '../metadata.js'
import { newId, type Row } from '../store.js'
import type { World } from '../world.js'

const DAY_MS = 24 * 3_600_000

/** All text of one dispute's evidence together, in characters. */
const MOST_EVIDENCE = 150_000

/** Disputes that wait for evidence or a decision. */
const OPEN = ['needs_response', 'under_review', 'appeal_needs_response', 'appeal_under_review']
const INQUIRY = ['warning_needs_response', 'warning_under_review']
/** Nobody decides these any more, unless one is appealed. */
const CLOSED = ['lost', 'won', 'warning_closed', 'prevented']

export interface NewDispute {
  /** Minor units; the charge's amount if left out. May exceed it, as the card networks allow. */
  amount?: number
  status?: Stripe.Dispute['status']
  reason?: string
  /** How long evidence is taken, by the sandbox clock. Default nine days; 0 if the bank takes none. */
  dueInMs?: number
  /** Whether the money is taken at once. Default: yes, but for inquiries and what is `prevented`. */
  takesMoney?: boolean
  /** Evidence may be submitted more than once. */
  resubmittable?: boolean
}

/** Whether a dispute forbids refunds of a charge. Inquiries do not. */
export function hasOpenDispute(world: World, charge: string): boolean {
  for (const { data } of world.store.each('dispute')) {
    if (data.charge === charge && OPEN.includes(data.status)) return true
  }
  return false
}

/** Opens the dispute that a test card asks for. */
export function disputeByCard(world: World, row: Row<'charge'>): void {
  const { card } = row.hidden
  if (card === 'pm_card_createDispute') openDispute(world, row)
  if (card === 'pm_card_createDisputeProductNotReceived') {
    openDispute(world, row, { reason: 'product_not_received' })
  }
  if (card === 'pm_card_createDisputeInquiry') {
    openDispute(world, row, { status: 'warning_needs_response' })
  }
}

/**
 * A cardholder disputes a charge. All but inquiries (`warning_*`) and `prevented` take the amount and
 * the fee from the platform at once, also one that arrives already lost.
 */
export function openDispute(
  world: World,
  row: Row<'charge'>,
  wanted: NewDispute = {}
): Row<'dispute'> {
  const { data: charge, owner } = row
  const status = wanted.status ?? 'needs_response'
  const inquiry = status.startsWith('warning_')
  const takesMoney = wanted.takesMoney ?? !(inquiry || status === 'prevented')
  const dueAt = wanted.dueInMs === 0 ? 0 : world.clock.now + (wanted.dueInMs ?? 9 * DAY_MS)
  const id = newId('du')
  const card = charge.payment_method_details?.card
  const dispute: Stripe.Dispute = {
    id,
    object: 'dispute',
    amount: wanted.amount ?? charge.amount,
    balance_transactions: [],
    charge: charge.id,
    created: world.clock.seconds,
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: blankEvidence(),
    evidence_details: {
      due_by: Math.floor(dueAt / 1000),
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: null,
    } as unknown as Stripe.Dispute['evidence_details'],
    intended_submission_method: null,
    is_charge_refundable: inquiry,
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent as string | null,
    payment_method_details: {
      card: {
        brand: card?.brand ?? 'visa',
        case_type: status === 'prevented' ? 'resolution' : inquiry ? 'inquiry' : 'chargeback',
        network_reason_code: '10.4',
      },
      type: 'card',
    } as Stripe.Dispute['payment_method_details'],
    reason: wanted.reason ?? 'fraudulent',
    status,
  }
  const waits = dueAt > 0 && status === 'needs_response'
  const disputed = world.store.add('dispute', id, dispute, owner, {
    ...(waits && { dueAt }),
    ...(wanted.resubmittable && { resubmittable: true }),
  })
  charge.disputed = true
  world.store.save(row)
  world.emit('charge.dispute.created', dispute, owner)
  if (takesMoney) withdraw(world, disputed)
  if (CLOSED.includes(status)) {
    world.emit('charge.dispute.closed', dispute, owner)
  }
  return disputed
}

/** An inquiry becomes a dispute: now it takes the money. */
export function escalateInquiry(world: World, row: Row<'dispute'>): void {
  const previous = { status: row.data.status }
  row.data.status = 'needs_response'
  row.data.is_charge_refundable = false
  askForEvidence(world, row)
  withdraw(world, row)
  world.emit('charge.dispute.updated', row.data, row.owner, previous)
}

/** A dispute that was lost may be appealed: evidence is taken once more. No money moves by that. */
export function reopenDispute(world: World, row: Row<'dispute'>): void {
  const previous = { status: row.data.status }
  row.data.status = 'appeal_needs_response'
  askForEvidence(world, row)
  world.emit('charge.dispute.updated', row.data, row.owner, previous)
}

/** From now on, for nine days. */
function askForEvidence(world: World, row: Row<'dispute'>): void {
  row.hidden.submitted = false
  row.data.evidence_details.has_evidence = false
  const dueAt = world.clock.now + 9 * DAY_MS
  row.hidden.dueAt = dueAt
  row.data.evidence_details.due_by = Math.floor(dueAt / 1000)
  world.store.save(row)
}

/** The time for evidence is over: what was staged goes in, and who said nothing has lost. */
export function lapseDisputes(world: World): void {
  for (const row of world.store.due('dispute')) {
    if ((row.hidden.dueAt ?? Infinity) > world.clock.now) continue
    if (row.data.evidence_details.has_evidence && !row.hidden.submitted) submitEvidence(world, row)
    else closeDispute(world, row, 'lost')
  }
}

/**
 * Decides a dispute. `lost` after `won` and `won` after `lost` happen too; the money follows. An inquiry
 * closes as `warning_closed`.
 *
 * @param feeReturned the fee comes back with the money, as it does in some countries
 */
export function closeDispute(
  world: World,
  row: Row<'dispute'>,
  wanted: 'won' | 'lost',
  feeReturned = false
): void {
  const { data: dispute, owner } = row
  const previous = { status: dispute.status }
  const again = dispute.status === 'won' || dispute.status === 'lost'
  dispute.status = INQUIRY.includes(dispute.status) ? 'warning_closed' : wanted
  dispute.is_charge_refundable = dispute.status !== 'lost'
  delete row.hidden.dueAt
  world.store.save(row)
  if (dispute.status === 'won') reinstate(world, row, feeReturned)
  else if (dispute.status === 'lost' && !row.hidden.withdrawn) withdraw(world, row)
  world.emit(again ? 'charge.dispute.updated' : 'charge.dispute.closed', dispute, owner, previous)
}

function withdraw(world: World, row: Row<'dispute'>): void {
  const { data: dispute, owner } = row
  // The fee of a dispute is taken once, however often it goes back and forth, and not if there was none.
  const first = dispute.balance_transactions.length === 0 && dispute.status !== 'prevented'
  const fee = first ? world.options.disputeFee : 0
  book(world, row, -dispute.amount, fee, 'dispute')
  row.hidden.withdrawn = dispute.amount
  world.emit('charge.dispute.funds_withdrawn', dispute, owner)
}

function reinstate(world: World, row: Row<'dispute'>, feeReturned: boolean): void {
  if (!row.hidden.withdrawn) return
  const fee = feeReturned ? -world.options.disputeFee : 0
  book(world, row, row.hidden.withdrawn, fee, 'dispute_reversal')
  delete row.hidden.withdrawn
  world.emit('charge.dispute.funds_reinstated', row.data, row.owner)
}

function book(
  world: World,
  row: Row<'dispute'>,
  minor: number,
  fee: number,
  category: string
): void {
  const { data: dispute, owner } = row
  const transaction = world.ledger.book({
    type: 'adjustment',
    amount: minor,
    currency: dispute.currency,
    source: dispute.id,
    owner,
    fee,
    feeDescription: 'Dispute fee',
    description: `Chargeback ${minor < 0 ? 'withdrawal' : 'reversal'} for ${dispute.charge as string}`,
    reportingCategory: category,
  })
  dispute.balance_transactions.push(structuredClone(transaction.data))
  world.store.save(row)
}

const EVIDENCE = [
  'access_activity_log',
  'billing_address',
  'cancellation_policy',
  'cancellation_policy_disclosure',
  'cancellation_rebuttal',
  'customer_communication',
  'customer_email_address',
  'customer_name',
  'customer_purchase_ip',
  'customer_signature',
  'duplicate_charge_documentation',
  'duplicate_charge_explanation',
  'duplicate_charge_id',
  'product_description',
  'receipt',
  'refund_policy',
  'refund_policy_disclosure',
  'refund_refusal_explanation',
  'service_date',
  'service_documentation',
  'shipping_address',
  'shipping_carrier',
  'shipping_date',
  'shipping_documentation',
  'shipping_tracking_number',
  'uncategorized_file',
  'uncategorized_text',
] as const
/** Prose; everything else is a name, a date or the id of a file. */
const PROSE = [
  'access_activity_log',
  'cancellation_policy_disclosure',
  'cancellation_rebuttal',
  'duplicate_charge_explanation',
  'product_description',
  'refund_policy_disclosure',
  'refund_refusal_explanation',
  'uncategorized_text',
]

function blankEvidence(): Stripe.Dispute['evidence'] {
  const blank = Object.fromEntries(EVIDENCE.map((name) => [name, null]))
  return { ...blank, enhanced_evidence: {} } as unknown as Stripe.Dispute['evidence']
}

/** Evidence usually goes in once. Stripe's magic words decide the dispute at once in test mode. */
function submitEvidence(world: World, row: Row<'dispute'>): void {
  const { data: dispute } = row
  const previous = { status: dispute.status }
  const details = dispute.evidence_details
  details.submission_count += 1
  details.submission_method = 'manual'
  row.hidden.submitted = !row.hidden.resubmittable
  delete row.hidden.dueAt
  dispute.status = dispute.status.replace('needs_response', 'under_review')
  world.store.save(row)
  world.emit('charge.dispute.updated', dispute, row.owner, previous)
  const { uncategorized_text: words } = dispute.evidence
  if (words === 'winning_evidence') closeDispute(world, row, 'won')
  if (words === 'losing_evidence') closeDispute(world, row, 'lost')
}

const evidence = hash({
  ...Object.fromEntries(
    EVIDENCE.map((name) => [name, PROSE.includes(name) ? textOf(20_000) : string])
  ),
  appeal: hash({
    card: hash({ reason_for_filing: textOf(20_000), supporting_files: many(string) }),
  }),
})

/** Whether a dispute takes evidence now. */
function takesEvidence({ data: dispute, hidden }: Row<'dispute'>): boolean {
  if (hidden.submitted || dispute.evidence_details.due_by === 0) return false
  if (dispute.status.endsWith('needs_response')) return true
  return hidden.resubmittable === true && dispute.status.endsWith('under_review')
}

export const disputeEndpoints = [
  endpoint('GET', '/v1/disputes/{dispute}', {}, ({ world, path, owner }) => {
    return world.find('dispute', path.dispute, owner).data
  }),
  endpoint(
    'POST',
    '/v1/disputes/{dispute}',
    { evidence, metadata, submit: boolean },
    ({ world, path, owner, params }) => {
      const row = world.find('dispute', path.dispute, owner)
      const { data: dispute } = row
      if (params.evidence && !takesEvidence(row)) {
        throw refuse(
          'dispute_evidence_already_submitted',
          'This dispute no longer takes evidence: it was submitted before, or the dispute is closed.'
        )
      }
      const { appeal, ...texts } = params.evidence ?? {}
      const written = Object.values({ ...dispute.evidence, ...texts })
      if (written.filter((each) => typeof each === 'string').join('').length > MOST_EVIDENCE) {
        throw invalidParam(
          undefined,
          'The combined character count of all evidence fields is limited to 150,000.',
          'evidence'
        )
      }
      dispute.metadata = mergedMetadata(dispute.metadata, params.metadata)
      if (params.evidence) {
        // What an appeal says is not shown among the evidence of the dispute itself.
        Object.assign(dispute.evidence, texts)
        dispute.evidence_details.has_evidence = true
        // Evidence is submitted unless the caller says that it is only a draft.
        if (params.submit !== false) submitEvidence(world, row)
      } else if (params.submit && dispute.evidence_details.has_evidence) submitEvidence(world, row)
      world.store.save(row)
      return dispute
    }
  ),
  endpoint('POST', '/v1/disputes/{dispute}/close', {}, ({ world, path, owner }) => {
    const row = world.find('dispute', path.dispute, owner)
    if (CLOSED.includes(row.data.status)) {
      throw refuse(
        'dispute_already_closed',
        `This dispute cannot be closed: it is ${row.data.status}.`
      )
    }
    closeDispute(world, row, 'lost')
    return row.data
  }),
  endpoint('GET', '/v1/disputes', { ...dated, charge: string, payment_intent: string }, (call) => {
    const { charge, payment_intent: intent } = call.params
    return listOf('dispute', call, '/v1/disputes', (dispute) => {
      return (
        (charge === undefined || dispute.charge === charge) &&
        (intent === undefined || dispute.payment_intent === intent)
      )
    })
  }),
]

import type Stripe from 'stripe'
import { endpoint } from '../endpoint.js'
import { refuse } from '../errors.js'
import { boolean, hash, metadata, string } from '../fields.js'
import { dated, listOf } from '../lists.js'
import { mergedMetadata } from '../metadata.js'
import { newId, type Row } from '../store.js'
import type { World } from '../world.js'

const DAY = 24 * 3600

/** Disputes that wait for evidence or a decision. */
const OPEN = ['needs_response', 'under_review', 'appeal_needs_response', 'appeal_under_review']
const INQUIRY = ['warning_needs_response', 'warning_under_review']

export interface NewDispute {
  /** Minor units; the charge's amount if left out. May exceed it, as the card networks allow. */
  amount?: number
  status?: Stripe.Dispute['status']
  reason?: string
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
      due_by: world.clock.seconds + 9 * DAY,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: null,
    } as unknown as Stripe.Dispute['evidence_details'],
    intended_submission_method: null,
    is_charge_refundable: status.startsWith('warning_'),
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent as string | null,
    payment_method_details: {
      card: { brand: card?.brand ?? 'visa', case_type: 'chargeback', network_reason_code: '10.4' },
      type: 'card',
    } as Stripe.Dispute['payment_method_details'],
    reason: wanted.reason ?? 'fraudulent',
    status,
  }
  const disputed = world.store.add('dispute', id, dispute, owner)
  charge.disputed = true
  world.store.save(row)
  world.emit('charge.dispute.created', dispute, owner)
  if (!status.startsWith('warning_') && status !== 'prevented') withdraw(world, disputed)
  if (['lost', 'won', 'warning_closed', 'prevented'].includes(status)) {
    world.emit('charge.dispute.closed', dispute, owner)
  }
  return disputed
}

/** An inquiry becomes a dispute: now it takes the money. */
export function escalateInquiry(world: World, row: Row<'dispute'>): void {
  const previous = { status: row.data.status }
  row.data.status = 'needs_response'
  row.data.is_charge_refundable = false
  world.store.save(row)
  withdraw(world, row)
  world.emit('charge.dispute.updated', row.data, row.owner, previous)
}

/**
 * Decides a dispute. `lost` after `won` and `won` after `lost` happen too; the money follows, the fee
 * does not come back. An inquiry closes as `warning_closed`.
 */
export function closeDispute(world: World, row: Row<'dispute'>, wanted: 'won' | 'lost'): void {
  const { data: dispute, owner } = row
  const previous = { status: dispute.status }
  const again = dispute.status === 'won' || dispute.status === 'lost'
  dispute.status = INQUIRY.includes(dispute.status) ? 'warning_closed' : wanted
  dispute.is_charge_refundable = dispute.status !== 'lost'
  world.store.save(row)
  if (dispute.status === 'won') reinstate(world, row)
  else if (dispute.status === 'lost' && !row.hidden.withdrawn) withdraw(world, row)
  world.emit(again ? 'charge.dispute.updated' : 'charge.dispute.closed', dispute, owner, previous)
}

function withdraw(world: World, row: Row<'dispute'>): void {
  const { data: dispute, owner } = row
  // The fee of a dispute is taken once, however often it goes back and forth.
  const fee = dispute.balance_transactions.length === 0 ? world.options.disputeFee : 0
  book(world, row, -dispute.amount, fee, 'dispute')
  row.hidden.withdrawn = dispute.amount
  world.emit('charge.dispute.funds_withdrawn', dispute, owner)
}

function reinstate(world: World, row: Row<'dispute'>): void {
  if (!row.hidden.withdrawn) return
  book(world, row, row.hidden.withdrawn, 0, 'dispute_reversal')
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

function blankEvidence(): Stripe.Dispute['evidence'] {
  const blank = Object.fromEntries(EVIDENCE.map((name) => [name, null]))
  return { ...blank, enhanced_evidence: {} } as unknown as Stripe.Dispute['evidence']
}

/** Evidence goes in once. Stripe's magic words decide the dispute at once in test mode. */
function submitEvidence(world: World, row: Row<'dispute'>): void {
  const { data: dispute } = row
  const previous = { status: dispute.status }
  dispute.evidence_details.submission_count += 1
  row.hidden.submitted = true
  dispute.status = INQUIRY.includes(dispute.status) ? 'warning_under_review' : 'under_review'
  world.store.save(row)
  world.emit('charge.dispute.updated', dispute, row.owner, previous)
  const { uncategorized_text: words } = dispute.evidence
  if (words === 'winning_evidence') closeDispute(world, row, 'won')
  if (words === 'losing_evidence') closeDispute(world, row, 'lost')
}

const evidence = hash(Object.fromEntries(EVIDENCE.map((name) => [name, string])))

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
      if (params.evidence && (row.hidden.submitted || !dispute.status.includes('needs_response'))) {
        throw refuse(
          'dispute_evidence_already_submitted',
          'This dispute no longer takes evidence: it was submitted before, or the dispute is closed.'
        )
      }
      dispute.metadata = mergedMetadata(dispute.metadata, params.metadata)
      if (params.evidence) {
        Object.assign(dispute.evidence, params.evidence)
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
    if (!row.data.status.includes('needs_response')) {
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

import type Stripe from 'stripe'
import type { DisputeEvidence, DisputeMovement, Period, ProviderDispute } from '#payments/provider'
import { readEach } from '#payments/read_each'
import { fromStripe } from './amounts.js'
import { ask, everyOf, isReplay, look, stripeClient } from './client.js'
import { shortened } from './evidence.js'

type Movement = Stripe.BalanceTransaction

/** From the first question to the end of an appeal; networks close a case well within it. */
const LONGEST_DISPUTE_MS = 365 * 24 * 3_600_000

/**
 * What one field of evidence takes, in characters. All together may have 150,000, which ours cannot reach.
 * A file would take more, but only as PDF or picture.
 */
const LONGEST_FIELD = 20_000
const LONGEST_NAME = 500

export async function getDispute(id: string): Promise<ProviderDispute> {
  return describe(await look('dispute', () => stripeClient().disputes.retrieve(id)))
}

/**
 * Stripe tells when a dispute was opened but not when it last changed, and an inquiry that is closed or a
 * dispute that is lost moves no money then. So this is every dispute that may have changed in the period:
 * all that were opened in it, or so short before that they were not over yet.
 */
export async function* listDisputes({ from, to }: Period): AsyncGenerator<ProviderDispute> {
  const created = {
    gte: Math.floor((from.getTime() - LONGEST_DISPUTE_MS) / 1000),
    lte: Math.floor(to.getTime() / 1000),
  }
  const list = () => stripeClient().disputes.list({ created, limit: 100 })
  yield* readEach(everyOf(list), describe)
}

/**
 * Submits evidence, which Stripe usually takes once only. What was submitted under this key is
 * recognised by its mark, also when Stripe has forgotten the key.
 *
 * @throws ProviderFailure declined if the dispute takes none any more
 */
export async function submitEvidence(
  id: string,
  evidence: DisputeEvidence
): Promise<ProviderDispute> {
  const now = await look('dispute', () => stripeClient().disputes.retrieve(id))
  if (now.metadata.evidence_key === evidence.key) return describe(now)
  const answer = await ask('dispute', () =>
    stripeClient().disputes.update(
      id,
      {
        evidence: fieldsOf(evidence, now.status),
        metadata: { evidence_key: evidence.key },
        submit: true,
      },
      { idempotencyKey: evidence.key }
    )
  )
  return isReplay(answer) ? getDispute(id) : describe(answer)
}

/** An appeal has a field of its own for what speaks for us. */
function fieldsOf(evidence: DisputeEvidence, status: string): Stripe.DisputeUpdateParams.Evidence {
  const narrative = shortened(evidence.narrative, LONGEST_FIELD)
  const fields = {
    customer_name: shortened(evidence.customerName, LONGEST_NAME),
    customer_email_address: shortened(evidence.customerEmail, LONGEST_NAME),
    product_description: shortened(evidence.productDescription, LONGEST_FIELD),
    service_date: evidence.serviceDate?.toISOString().slice(0, 10),
    uncategorized_text: narrative,
  }
  return {
    // An empty value would be an order to clear the field.
    ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value)),
    ...(status.startsWith('appeal_') && { appeal: { card: { reason_for_filing: narrative } } }),
  }
}

/** Whether a movement of our balance was caused by a dispute, which all are called adjustments. */
export function isOfDispute(movement: Movement): boolean {
  if (movement.type !== 'adjustment') return false
  return /^d[up]_/.test(sourceOf(movement)) || movement.reporting_category.startsWith('dispute')
}

/** A dispute takes and gives back under one id, so its movements go by their own. */
export function disputeMovement(movement: Movement): DisputeMovement {
  const { id, amount, fee, net, currency, created } = movement
  const withdrawn = net < 0
  return {
    id,
    kind: withdrawn ? 'withdrawn' : 'reinstated',
    amount: fromStripe(withdrawn ? -amount : amount, currency),
    fee: fromStripe(withdrawn || fee === 0 ? fee : -fee, currency),
    at: new Date(created * 1000),
  }
}

function describe(dispute: Stripe.Dispute): ProviderDispute {
  const { submission_count: submissions, due_by: dueBy } = dispute.evidence_details
  const wanted = dispute.status.endsWith('needs_response')
  const movements = dispute.balance_transactions
    .map(disputeMovement)
    .sort((a, b) => a.at.getTime() - b.at.getTime())
  return {
    id: dispute.id,
    chargeId: typeof dispute.charge === 'string' ? dispute.charge : dispute.charge.id,
    amount: fromStripe(dispute.amount, dispute.currency),
    state: stateOf(dispute),
    status: dispute.status,
    reason: dispute.reason,
    // Zero where the payer's bank takes no evidence at all.
    evidenceDueBy: wanted && dueBy ? new Date(dueBy * 1000) : undefined,
    evidenceSubmitted: submissions > 0,
    openedAt: new Date(dispute.created * 1000),
    movements,
  }
}

function stateOf({
  status,
  balance_transactions: movements,
}: Stripe.Dispute): ProviderDispute['state'] {
  switch (status) {
    case 'warning_needs_response':
    case 'warning_under_review':
      return 'inquiry'
    case 'warning_closed':
      return 'closed'
    case 'needs_response':
    case 'appeal_needs_response':
      return 'needs_response'
    case 'won':
      return 'won'
    case 'lost':
      return 'lost'
    case 'prevented':
      // Stripe ended it before the bank made it one, either by itself or by giving the payer the money.
      return movements.reduce((sum, { amount }) => sum + amount, 0) < 0 ? 'lost' : 'closed'
    // `under_review`, `appeal_under_review`, and what we do not know: the money stays where it is.
    default:
      return 'under_review'
  }
}

function sourceOf({ source }: Movement): string {
  return typeof source === 'string' ? source : (source?.id ?? '')
}

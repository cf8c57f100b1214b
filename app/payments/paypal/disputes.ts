import logger from '@adonisjs/core/services/logger'
import { Money } from '#ledger/money'
import type { DisputeEvidence, DisputeMovement, Period, ProviderDispute } from '#payments/provider'
import { readEach } from '#payments/read_each'
import { fromPaypal } from './amounts.js'
import { ask, look, rest, segment } from './client.js'
import { disputeMovementId, type DisputePart } from './dispute_movements.js'
import { malformedAnswer } from './errors.js'
import { followingPages } from './pages.js'

/** `GET /v1/customer/disputes/{id}`, as far as we read it; the SDK does not know disputes. */
interface Dispute {
  dispute_id?: string
  create_time?: string
  status?: string
  reason?: string
  dispute_life_cycle_stage?: string
  dispute_amount?: Amount
  dispute_outcome?: { outcome_code?: string }
  disputed_transactions?: { seller_transaction_id?: string; gross_amount?: Amount }[]
  money_movements?: Movement[]
  evidences?: { evidence_type?: string; source?: string; notes?: string }[]
  seller_response_due_date?: string
}

interface Movement {
  affected_party?: string
  amount?: Amount
  initiated_time?: string
  type?: string
  reason?: string
}

interface Amount {
  currency_code?: string
  value?: string
}

interface DisputeList {
  items?: { dispute_id?: string }[]
  links?: { href?: string; rel?: string }[]
}

const PAGE_SIZE = 50

/** PayPal lists no dispute that has not changed for longer; a little less, because clocks differ. */
const LONGEST_AGO_MS = 180 * 24 * 3_600_000 - 600_000

/** A note ends there, and so many of them are taken at once. */
const NOTE_LIMIT = 2000
const MOST_NOTES = 10

/** As PayPal names evidence: what it asked us for, and what fits everything. */
const ASKED_OF_US = 'REQUESTED_FROM_SELLER'
const GIVEN_BY_US = 'SUBMITTED_BY_SELLER'
const ANY_EVIDENCE = 'OTHER'

const DECIDED: Record<string, ProviderDispute['state']> = {
  RESOLVED_BUYER_FAVOUR: 'lost',
  ACCEPTED: 'lost',
  RESOLVED_SELLER_FAVOUR: 'won',
  DENIED: 'won',
  // PayPal pays the buyer out of its own pocket.
  RESOLVED_WITH_PAYOUT: 'won',
  CANCELED_BY_BUYER: 'closed',
}

export async function getDispute(id: string): Promise<ProviderDispute> {
  return describe(await readDispute(id))
}

export async function* listDisputes({ from, to }: Period): AsyncGenerator<ProviderDispute> {
  const now = Date.now()
  if (to.getTime() < now - LONGEST_AGO_MS) return
  const query = {
    update_time_after: new Date(Math.max(from.getTime(), now - LONGEST_AGO_MS)).toISOString(),
    // Left out, it is now, by PayPal's own clock.
    ...(to.getTime() < now && { update_time_before: to.toISOString() }),
    page_size: PAGE_SIZE,
  }
  yield* readEach(listedIds(query), getDispute)
}

async function* listedIds(query: Parameters<typeof followingPages>[1]): AsyncGenerator<string> {
  for await (const { items = [] } of followingPages<DisputeList>('/v1/customer/disputes', query)) {
    for (const { dispute_id: id } of items) if (id) yield id
  }
}

/**
 * Sends our evidence as notes. PayPal keeps no key for it, so the key stands in the first note, and what
 * was given under it before is not given again.
 *
 * @throws ProviderFailure declined if PayPal takes none (any more)
 */
export async function submitEvidence(
  id: string,
  evidence: DisputeEvidence
): Promise<ProviderDispute> {
  const dispute = await readDispute(id)
  const given = (dispute.evidences ?? []).some(
    ({ source, notes }) => source === GIVEN_BY_US && notes?.includes(evidence.key)
  )
  if (given) return describe(dispute)
  const wanted = dispute.evidences?.find(({ source }) => source === ASKED_OF_US)?.evidence_type
  const evidences = notesOf(evidence).map((notes, index) => ({
    evidence_type: (index === 0 && wanted) || ANY_EVIDENCE,
    notes,
  }))
  await ask(
    rest('POST', `/v1/customer/disputes/${segment(id)}/provide-evidence`, {
      headers: { 'PayPal-Request-Id': evidence.key },
      text: asForm({ evidences }),
    })
  )
  return getDispute(id)
}

function readDispute(id: string): Promise<Dispute> {
  return look(rest<Dispute>('GET', `/v1/customer/disputes/${segment(id)}`))
}

function describe(dispute: Dispute): ProviderDispute {
  const { dispute_id: id, create_time: opened } = dispute
  const [disputed, ...more] = dispute.disputed_transactions ?? []
  if (!id || !opened || !disputed?.seller_transaction_id) throw malformedAnswer('dispute')
  if (more.length > 0) {
    const charges = more.map((each) => each.seller_transaction_id)
    logger.error(
      { dispute: id, charges },
      'a dispute is about more payments; only its first is frozen'
    )
  }
  const movements = movementsOf(dispute, disputed.seller_transaction_id)
  const state = stateOf(dispute, movements)
  const due = dispute.seller_response_due_date
  return {
    id,
    chargeId: disputed.seller_transaction_id,
    amount: moneyIn(dispute.dispute_amount ?? disputed.gross_amount),
    state,
    status: [dispute.dispute_life_cycle_stage, dispute.status].filter(Boolean).join(' '),
    reason: dispute.reason ?? '',
    evidenceDueBy: due && awaitsUs(dispute) ? new Date(due) : undefined,
    evidenceSubmitted: (dispute.evidences ?? []).some(({ source }) => source === GIVEN_BY_US),
    openedAt: new Date(opened),
    movements,
  }
}

/** An inquiry is the parties' own talk. PayPal may take money even then; then it is more than that. */
function stateOf(dispute: Dispute, movements: DisputeMovement[]): ProviderDispute['state'] {
  const { status, dispute_outcome: outcome, dispute_life_cycle_stage: stage } = dispute
  if (status === 'RESOLVED') return DECIDED[outcome?.outcome_code ?? ''] ?? 'closed'
  if (stage === 'INQUIRY' && movements.length === 0) return 'inquiry'
  return awaitsUs(dispute) ? 'needs_response' : 'under_review'
}

function awaitsUs({ status }: Dispute): boolean {
  return status === 'WAITING_FOR_SELLER_RESPONSE'
}

/** What went from or to our side. Fees are movements of their own, as they are in our balance. */
function movementsOf(dispute: Dispute, captureId: string): DisputeMovement[] {
  const seen = new Map<string, number>()
  return (dispute.money_movements ?? [])
    .filter(({ affected_party: party }) => party === 'SELLER')
    .map(({ amount, type, reason, initiated_time: time }) => {
      if (!time || (type !== 'DEBIT' && type !== 'CREDIT')) throw malformedAnswer('dispute')
      const money = moneyIn(amount)
      const nothing = Money.zero(money.currency)
      const isFee = reason?.endsWith('_FEE')
      const kind = type === 'DEBIT' ? ('withdrawn' as const) : ('reinstated' as const)
      const fee: DisputePart = type === 'DEBIT' ? 'fee_taken' : 'fee_returned'
      const at = new Date(time)
      const name = disputeMovementId(captureId, isFee ? fee : kind, money, at)
      const times = (seen.get(name) ?? 0) + 1
      seen.set(name, times)
      return {
        id: times > 1 ? `${name}/${times}` : name,
        kind,
        amount: isFee ? nothing : money,
        fee: isFee ? money : nothing,
        at,
      }
    })
    .sort((a, b) => a.at.getTime() - b.at.getTime())
}

function moneyIn(amount?: Amount): Money {
  return fromPaypal(amount?.value, amount?.currency_code)
}

/** Everything in as many notes as PayPal takes; what is beyond them is cut, and says so. */
function notesOf(evidence: DisputeEvidence): string[] {
  const { key, customerName, customerEmail, productDescription, serviceDate, narrative } = evidence
  const facts = [
    `Reference: ${key}`,
    `Customer: ${customerName} <${customerEmail}>`,
    `Service: ${productDescription}`,
    serviceDate ? `Delivered on ${serviceDate.toISOString().slice(0, 10)}` : '',
    '',
    narrative,
  ]
  const text = facts.join('\n').trim()
  const limit = NOTE_LIMIT * MOST_NOTES
  const end = '\n[…]'
  const whole = text.length > limit ? text.slice(0, limit - end.length) + end : text
  return Array.from({ length: Math.ceil(whole.length / NOTE_LIMIT) }, (_, at) =>
    whole.slice(at * NOTE_LIMIT, (at + 1) * NOTE_LIMIT)
  )
}

/** PayPal takes evidence as a form, with its JSON in one part and files, of which we have none, in others. */
function asForm(input: object): { content: string; type: string } {
  const boundary = 'safesend-evidence'
  const part = ['Content-Disposition: form-data; name="input"', 'Content-Type: application/json']
  const lines = [`--${boundary}`, ...part, '', JSON.stringify(input), `--${boundary}--`, '']
  return { content: lines.join('\r\n'), type: `multipart/form-data; boundary=${boundary}` }
}

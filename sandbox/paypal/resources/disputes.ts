import { endpoint, ok, type Call, type Json, type Reply } from '../endpoint.js'
import { invalid, refused, unprocessable } from '../errors.js'
import { minorOf, moneyOf, readMoney } from '../money.js'
import { DAY } from '../options.js'
import type { Dispute, DisputeOutcome, DisputeStage, Evidence, MoneyMovement } from '../shapes.js'
import { newId, type Row } from '../store.js'
import { randomText } from '../../common/random.js'
import type { World } from '../world.js'
import { textOf } from './order_request.js'

export const disputeEndpoints = [
  endpoint('GET', '/v1/customer/disputes', list),
  endpoint('GET', '/v1/customer/disputes/{id}', ({ world, path }) =>
    ok(show(world, find(world, path.id)))
  ),
  endpoint('POST', '/v1/customer/disputes/{id}/provide-evidence', provideEvidence),
  endpoint('POST', '/v1/customer/disputes/{id}/accept-claim', acceptClaim),
  endpoint('POST', '/v1/customer/disputes/{id}/make-offer', makeOffer),
  endpoint('POST', '/v1/customer/disputes/{id}/escalate', escalate),
]

export interface NewDispute {
  /** INQUIRY moves no money, everything later takes it. Default CHARGEBACK. */
  stage?: DisputeStage
  /** Minor units; may exceed the capture. Default: what was captured. */
  amount?: number
  reason?: string
  /** Who decides: PayPal itself, or the payer's bank or card network. Default: by the stage. */
  channel?: Dispute['dispute_channel']
}

const ANSWER_WITHIN: Partial<Record<DisputeStage, number>> = { INQUIRY: 20 * DAY }
const ANSWER_WITHIN_OTHERWISE = 10 * DAY

function find(world: World, id: string): Row<'dispute'> {
  const row = world.store.get('dispute', id)
  if (row) return row
  throw refused(404, 'RESOURCE_NOT_FOUND', 'The specified resource does not exist.')
}

/** The dispute about a capture that is not over. */
export function openDisputeOf(world: World, captureId: string): Row<'dispute'> | undefined {
  for (const row of world.store.each('dispute')) {
    if (row.hidden.parent === captureId && row.data.status !== 'RESOLVED') return row
  }
  return undefined
}

/** The payer complains. A chargeback takes the money and a fee at once, an inquiry nothing. */
export function openDispute(
  world: World,
  capture: Row<'capture'>,
  wanted: NewDispute = {}
): Row<'dispute'> {
  const { stage = 'CHARGEBACK', amount } = wanted
  const { currency_code: currency } = capture.data.amount
  const minor = amount ?? minorOf(capture.data.amount)
  const { now, iso } = world.clock
  const id = `PP-R-${randomText('ABCDEFGHJKLMNPQRSTUVWXYZ', 3)}-${randomText('0123456789', 8)}`
  const row = world.store.add(
    'dispute',
    id,
    {
      dispute_id: id,
      create_time: iso,
      update_time: iso,
      disputed_transactions: [transactionOf(world, capture)],
      reason: wanted.reason ?? 'MERCHANDISE_OR_SERVICE_NOT_RECEIVED',
      status: 'WAITING_FOR_SELLER_RESPONSE',
      dispute_amount: moneyOf(minor, currency),
      dispute_life_cycle_stage: stage,
      dispute_channel: wanted.channel ?? (stage === 'INQUIRY' ? 'INTERNAL' : 'EXTERNAL'),
    },
    '',
    { parent: capture.id, createdAt: now }
  )
  waitForSeller(world, row)
  if (stage !== 'INQUIRY') withdraw(world, row)
  tell(world, row, 'CREATED', 'A new dispute opened')
  return row
}

function transactionOf(world: World, { id, data }: Row<'capture'>): Json {
  const { invoice_id: invoice, custom_id: custom } = data
  return {
    buyer_transaction_id: newId(),
    seller_transaction_id: id,
    create_time: data.create_time,
    transaction_status: data.status,
    gross_amount: data.amount,
    ...(invoice && { invoice_number: invoice }),
    ...(custom && { custom }),
    buyer: { name: 'Clara Client' },
    seller: {
      email: world.merchant.email_address,
      merchant_id: world.merchant.merchant_id,
      name: 'SafeSend',
    },
  }
}

function waitForSeller(world: World, row: Row<'dispute'>): void {
  const within = ANSWER_WITHIN[row.data.dispute_life_cycle_stage] ?? ANSWER_WITHIN_OTHERWISE
  row.hidden.dueAt = world.clock.now + within
  row.data.status = 'WAITING_FOR_SELLER_RESPONSE'
  row.data.seller_response_due_date = new Date(row.hidden.dueAt).toISOString()
  world.store.save(row)
}

function noMoreWaiting(row: Row<'dispute'>): void {
  delete row.hidden.dueAt
  delete row.data.seller_response_due_date
}

/**
 * Takes the disputed money, whether the balance covers it or not. The movement's row refers to the
 * disputed payment; a fee has a row of its own. (That rows of disputes refer to the payment is how
 * PayPal describes its reports; the fee's own row is what its list of codes suggests.)
 */
function withdraw(world: World, row: Row<'dispute'>): void {
  const { dispute_amount: amount, dispute_channel: channel } = row.data
  const { currency_code: currency } = amount
  const minor = minorOf(amount)
  const fee = row.hidden.feeTaken === undefined ? world.options.disputeFee : 0
  row.hidden.withdrawn = minor
  const reference = row.hidden.parent
  world.ledger.book({ code: 'T1201', gross: -minor, currency, reference })
  note(world, row, 'DEBIT', 'DISPUTE_SETTLEMENT', minor)
  if (fee === 0) return
  row.hidden.feeTaken = fee
  world.ledger.book({ code: 'T0106', gross: -fee, currency, reference })
  note(world, row, 'DEBIT', channel === 'EXTERNAL' ? 'CHARGEBACK_FEE' : 'DISPUTE_FEE', fee)
}

function reinstate(world: World, row: Row<'dispute'>): void {
  const { withdrawn = 0, feeTaken = 0, parent: reference } = row.hidden
  if (withdrawn === 0) return
  const { currency_code: currency } = row.data.dispute_amount
  row.hidden.withdrawn = 0
  world.ledger.book({ code: 'T1202', gross: withdrawn, currency, reference })
  note(world, row, 'CREDIT', 'DISPUTE_SETTLEMENT', withdrawn)
  if (!world.options.disputeFeeReturned || feeTaken === 0) return
  delete row.hidden.feeTaken
  world.ledger.book({ code: 'T1108', gross: feeTaken, currency, reference })
  const external = row.data.dispute_channel === 'EXTERNAL'
  note(world, row, 'CREDIT', external ? 'CHARGEBACK_FEE' : 'DISPUTE_FEE', feeTaken)
}

function note(
  world: World,
  { data }: Row<'dispute'>,
  type: MoneyMovement['type'],
  reason: MoneyMovement['reason'],
  minor: number
): void {
  data.money_movements = [
    ...(data.money_movements ?? []),
    {
      affected_party: 'SELLER',
      amount: moneyOf(minor, data.dispute_amount.currency_code),
      initiated_time: world.clock.iso,
      type,
      reason,
    },
  ]
}

export type Resolution = 'buyer' | 'seller' | 'cancelled' | 'payout'

const OUTCOMES: Record<Resolution, DisputeOutcome> = {
  buyer: 'RESOLVED_BUYER_FAVOUR',
  seller: 'RESOLVED_SELLER_FAVOUR',
  cancelled: 'CANCELED_BY_BUYER',
  // PayPal pays the payer out of its own pocket.
  payout: 'RESOLVED_WITH_PAYOUT',
}

/** It is decided, or a decision is turned round: money moves so that it fits. */
export function resolve(world: World, row: Row<'dispute'>, resolution: Resolution): void {
  const { data, hidden } = row
  const lost = resolution === 'buyer'
  if (lost && !hidden.withdrawn) withdraw(world, row)
  if (!lost) reinstate(world, row)
  data.dispute_outcome = {
    outcome_code: OUTCOMES[resolution],
    ...(lost && { amount_refunded: data.dispute_amount }),
  }
  data.adjudications = [
    ...(data.adjudications ?? []),
    {
      type: lost ? 'RECOVER_FROM_SELLER' : 'DENY_BUYER',
      adjudication_time: world.clock.iso,
      dispute_life_cycle_stage: data.dispute_life_cycle_stage,
    },
  ]
  end(world, row)
}

function end(world: World, row: Row<'dispute'>): void {
  noMoreWaiting(row)
  row.data.status = 'RESOLVED'
  tell(world, row, 'RESOLVED', 'A dispute was resolved')
}

/** A decided dispute is looked at again; its money stays where it is until there is a new decision. */
export function reopen(world: World, row: Row<'dispute'>): void {
  if (row.data.status !== 'RESOLVED') throw new Error(`Dispute ${row.id} is not resolved`)
  delete row.data.dispute_outcome
  row.hidden.submitted = false
  if (row.data.dispute_life_cycle_stage === 'CHARGEBACK') {
    row.data.dispute_life_cycle_stage = 'PRE_ARBITRATION'
  }
  waitForSeller(world, row)
  tell(world, row, 'UPDATED', 'A dispute was reopened')
}

/** Who does not answer in time has lost; an inquiry that nobody escalates is over. */
export function lapseDisputes(world: World): void {
  for (const row of world.store.due('dispute')) {
    if ((row.hidden.dueAt ?? 0) > world.clock.now) continue
    if (row.data.dispute_life_cycle_stage !== 'INQUIRY') resolve(world, row, 'buyer')
    else {
      row.data.dispute_outcome = { outcome_code: 'NONE' }
      end(world, row)
    }
  }
}

function show(world: World, { id, data }: Row<'dispute'>): Json {
  const path = `/v1/customer/disputes/${id}`
  const open = data.status === 'WAITING_FOR_SELLER_RESPONSE'
  const inquiry = data.dispute_life_cycle_stage === 'INQUIRY'
  const actions = [
    ...(open && !inquiry ? ['provide-evidence'] : []),
    ...(open ? ['accept-claim'] : []),
    ...(open && inquiry ? ['make-offer', 'escalate'] : []),
  ]
  return {
    ...data,
    ...(inquiry && open && { allowed_response_options: OPTIONS }),
    links: [
      world.link('self', path),
      ...actions.map((action) => world.link(action.replace('-', '_'), `${path}/${action}`, 'POST')),
    ],
  }
}

const OPTIONS = {
  accept_claim: { accept_claim_types: ['REFUND'] },
  make_offer: { offer_types: ['REFUND'] },
}

/** The words that lists filter by. */
function stateOf({ status, dispute_life_cycle_stage: stage }: Dispute): string {
  if (status === 'RESOLVED') return 'RESOLVED'
  if (status === 'UNDER_REVIEW') return 'UNDER_PAYPAL_REVIEW'
  if (status === 'WAITING_FOR_BUYER_RESPONSE') return 'REQUIRED_OTHER_PARTY_ACTION'
  return stage === 'INQUIRY' ? 'OPEN_INQUIRIES' : 'REQUIRED_ACTION'
}

function list({ world, query }: Call): Reply {
  const { start_time: start, disputed_transaction_id: transaction, dispute_state: states } = query
  const { update_time_before: before, update_time_after: after, next_page_token: token } = query
  if (start && transaction) throw invalid('INVALID_PARAMETER_VALUE', 'start_time', 'query')
  const size = Number(query.page_size ?? 10)
  if (!(size >= 1 && size <= 50)) throw invalid('INVALID_PARAMETER_VALUE', 'page_size', 'query')
  const wanted = states?.split(',')
  const found = world.store
    .rows('dispute')
    .filter(
      ({ data, hidden }) =>
        (!start || Date.parse(data.create_time) >= timeOf(start, 'start_time')) &&
        (!transaction || hidden.parent === transaction) &&
        (!wanted || wanted.includes(stateOf(data))) &&
        (!before || Date.parse(data.update_time) <= timeOf(before, 'update_time_before')) &&
        (!after || Date.parse(data.update_time) >= timeOf(after, 'update_time_after'))
    )
    .reverse()
  const from = token ? Number(Buffer.from(token, 'base64').toString()) : 0
  if (!Number.isInteger(from)) throw invalid('INVALID_PARAMETER_VALUE', 'next_page_token', 'query')
  const page = found.slice(from, from + size)
  const at = (rel: string, next?: number) => {
    const address = new URLSearchParams(query)
    if (next !== undefined) {
      address.set('next_page_token', Buffer.from(String(next)).toString('base64'))
    }
    return world.link(rel, `/v1/customer/disputes?${address}`)
  }
  return ok({
    // The document has no list without items.
    ...(page.length > 0 && { items: page.map(({ data }) => briefly(world, data)) }),
    links: [
      at('self'),
      ...(from > 0 ? [at('first', 0)] : []),
      ...(from + size < found.length ? [at('next', from + size)] : []),
    ],
  })
}

function briefly(world: World, data: Dispute): Json {
  const { seller_response_due_date: due } = data
  return {
    dispute_id: data.dispute_id,
    create_time: data.create_time,
    update_time: data.update_time,
    reason: data.reason,
    status: data.status,
    dispute_state: stateOf(data),
    dispute_amount: data.dispute_amount,
    dispute_life_cycle_stage: data.dispute_life_cycle_stage,
    dispute_channel: data.dispute_channel,
    ...(due && { seller_response_due_date: due }),
    links: [world.link('self', `/v1/customer/disputes/${data.dispute_id}`)],
  }
}

function timeOf(text: string, field: string): number {
  const at = Date.parse(text)
  if (Number.isNaN(at)) throw invalid('INVALID_PARAMETER_SYNTAX', field, 'query')
  return at
}

/** Answers where to look at what became of it. */
function done(world: World, row: Row<'dispute'>): Reply {
  return ok({ links: [world.link('self', `/v1/customer/disputes/${row.id}`)] })
}

function mustWait(row: Row<'dispute'>, stages?: DisputeStage[]): void {
  const { status, dispute_life_cycle_stage: stage } = row.data
  if (status === 'WAITING_FOR_SELLER_RESPONSE' && (stages?.includes(stage) ?? true)) return
  throw unprocessable(
    'ACTION_NOT_ALLOWED_IN_CURRENT_DISPUTE_STATE',
    'Action is not allowed in the current state of the dispute.'
  )
}

/** The evidence itself is JSON: the body, or the part of a form that is named `input`. */
function provideEvidence({ world, path, body, files }: Call): Reply {
  const row = find(world, path.id)
  mustWait(row, ['CHARGEBACK', 'PRE_ARBITRATION', 'ARBITRATION'])
  const given = (body.evidences ?? (body.input as Json | undefined)?.evidences) as
    Json[] | undefined
  if ((!Array.isArray(given) || given.length === 0) && files.length === 0) {
    throw invalid('MISSING_REQUIRED_PARAMETER', '/evidences')
  }
  for (const [index, each] of (given ?? []).entries()) {
    if (!each.evidence_type) {
      throw invalid('MISSING_REQUIRED_PARAMETER', `/evidences/${index}/evidence_type`)
    }
    textOf(each, 'notes', `/evidences/${index}/notes`, 2000)
  }
  const evidences: Evidence[] = (given ?? [{}]).map((each, index) => ({
    ...each,
    ...(index === 0 && files.length > 0 && { documents: files.map((name) => ({ name })) }),
    source: 'SUBMITTED_BY_SELLER',
    date: world.clock.iso,
    dispute_life_cycle_stage: row.data.dispute_life_cycle_stage,
  }))
  row.data.evidences = [...(row.data.evidences ?? []), ...evidences]
  row.hidden.submitted = true
  noMoreWaiting(row)
  row.data.status = 'UNDER_REVIEW'
  tell(world, row, 'UPDATED', 'A dispute was updated')
  return done(world, row)
}

function acceptClaim({ world, path, body }: Call): Reply {
  const row = find(world, path.id)
  mustWait(row)
  const input = (body.input as Json | undefined) ?? body
  textOf(input, 'note', '/note', 2000)
  if (input.refund_amount !== undefined) readMoney(input.refund_amount, '/refund_amount')
  resolve(world, row, 'buyer')
  return done(world, row)
}

function makeOffer({ world, path, body }: Call): Reply {
  const row = find(world, path.id)
  mustWait(row, ['INQUIRY'])
  const notes = required(body, 'note')
  const type = required(body, 'offer_type')
  const { currency_code: currency } = row.data.dispute_amount
  const amount = body.offer_amount ?? row.data.dispute_amount
  const offered = moneyOf(readMoney(amount, '/offer_amount').minor, currency)
  row.data.offer = {
    seller_offered_amount: offered,
    offer_type: type,
    history: [
      {
        offer_time: world.clock.iso,
        actor: 'SELLER',
        event_type: 'PROPOSED',
        offer_type: type,
        offer_amount: offered,
        notes,
      },
    ],
  }
  noMoreWaiting(row)
  row.data.status = 'WAITING_FOR_BUYER_RESPONSE'
  tell(world, row, 'UPDATED', 'A dispute was updated')
  return done(world, row)
}

/** The payer takes the offer, and the money with it; or they do not, and it goes on. */
export function answerOffer(world: World, row: Row<'dispute'>, accepted: boolean): void {
  const offered = row.data.offer?.seller_offered_amount as Dispute['dispute_amount'] | undefined
  if (!offered) throw new Error(`Dispute ${row.id} has no offer`)
  if (accepted) {
    row.data.dispute_amount = offered
    resolve(world, row, 'buyer')
  } else {
    waitForSeller(world, row)
    tell(world, row, 'UPDATED', 'An offer was declined')
  }
}

function escalate({ world, path, body }: Call): Reply {
  const row = find(world, path.id)
  mustWait(row, ['INQUIRY'])
  required(body, 'note')
  escalateInquiry(world, row)
  return done(world, row)
}

/** An inquiry becomes a claim that takes money. */
export function escalateInquiry(world: World, row: Row<'dispute'>): void {
  if (row.data.dispute_life_cycle_stage !== 'INQUIRY') {
    throw new Error(`Dispute ${row.id} is no inquiry`)
  }
  row.data.dispute_life_cycle_stage = 'CHARGEBACK'
  withdraw(world, row)
  waitForSeller(world, row)
  tell(world, row, 'UPDATED', 'A dispute was escalated')
}

function required(body: Json, name: string): string {
  const value = textOf(body, name, `/${name}`, 2000)
  if (value === undefined) throw invalid('MISSING_REQUIRED_PARAMETER', `/${name}`)
  return value
}

function tell(world: World, row: Row<'dispute'>, what: string, summary: string): void {
  row.data.update_time = world.clock.iso
  world.store.save(row)
  world.emit(`CUSTOMER.DISPUTE.${what}`, {
    type: 'dispute',
    summary: `${summary} with Case # ${row.id}`,
    resource: show(world, row),
  })
}

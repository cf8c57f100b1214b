import strict from 'node:assert/strict'
import { test } from '@japa/runner'
import fc from 'fast-check'
import db from '@adonisjs/lucid/services/db'
import logger from '@adonisjs/core/services/logger'
import { Problem } from '#exceptions/problem'
import { accounts, type AccountName } from '#ledger/chart_of_accounts'
import { balanceOf, escrowTotalsOfProject } from '#ledger/balances'
import { Money } from '#ledger/money'
import { approve } from '#approvals/approve'
import { refuse } from '#approvals/refuse'
import { clawBack, settleClawBacks } from '#escrow/chargebacks/claw_back'
import { debtsOf } from '#escrow/chargebacks/debts'
import { openDebts } from '#escrow/chargebacks/debts'
import { syncDisputes } from '#escrow/chargebacks/sync_disputes'
import { debtWriteOff } from '#escrow/chargebacks/write_off_debt'
import { acceptRefund, declineRefund } from '#escrow/answer_refund'
import { approveMilestone } from '#escrow/approve_milestone'
import { cancelUnpaidDeposit } from '#escrow/cancel_deposit'
import { fundMilestones } from '#escrow/fund_milestones'
import { sendDeposit } from '#escrow/send_deposit'
import { answerDispute } from '#escrow/disputes/answer_dispute'
import { acceptOffer, declineOffer } from '#escrow/disputes/answer_offer'
import { chooseEqualSplit } from '#escrow/disputes/equal_split'
import { escalateDispute } from '#escrow/disputes/escalate_dispute'
import { makeOffer } from '#escrow/disputes/make_offer'
import { openDispute } from '#escrow/disputes/open_dispute'
import { proposeDecision } from '#escrow/disputes/propose_decision'
import { withdrawDispute } from '#escrow/disputes/withdraw_dispute'
import { rejectWork } from '#escrow/reject_work'
import { releasePayment } from '#escrow/release_payment'
import { requestRefund } from '#escrow/request_refund'
import { settlePending } from '#escrow/settle_pending'
import { submitWork } from '#escrow/submit_work'
import autoApproveDue from '#jobs/auto_approve_due'
import decideSilent from '#jobs/decide_silent_disputes'
import escalateUnansweredRefunds from '#jobs/escalate_unanswered_refunds'
import remindOfDisputes from '#jobs/remind_of_disputes'
import remindReviewers from '#jobs/remind_reviewers'
import retryStuckInbox from '#jobs/retry_stuck_inbox'
import type { Job } from '#jobs/queue'
import { addPayoutAccount } from '#payments/payout_accounts'
import { ProviderFailure } from '#payments/provider'
import Approval from '#models/approval'
import Dispute from '#models/dispute'
import Milestone from '#models/milestone'
import type User from '#models/user'
import { withSetting } from '#tests/functional/stripe/helpers'
import { resetAll } from '#tests/support/database'
import { drain } from '#tests/support/jobs'
import { breaks } from '#tests/support/ledger'
import { OPERATOR } from '#tests/support/operator'
import { sandbox } from '#tests/support/sandbox'
import { agreed, member } from '#tests/support/two_people'
import { aClient, aFreelancer } from '#tests/support/users'

/*
 * Whatever clients, freelancers, Stripe, the network and the clock do, in whatever order: the books
 * balance, nothing is paid twice, and when all has come to rest they say what Stripe's books say.
 *
 * SEED and FC_PATH, which a failure names, play one failure again. LONG=1 runs 500 sequences.
 */
const LONG = process.env.LONG === '1'
const RUNS = Number(process.env.RUNS ?? (LONG ? 500 : 25))
const SEED = Number(process.env.SEED ?? 20_261)

/** Minor units, chosen so that fees have remainders and parts do not divide. */
const AMOUNTS = [10_001n, 333n, 250_000n, 77n]

type Part = 'all' | 'half' | 'a cent'
interface Step {
  do: string
  /** Which of those that there are; wraps around. */
  which: number
  mask?: number
  part?: Part
  status?: 'needs_response' | 'warning_needs_response' | 'lost'
  outcome?: 'won' | 'lost'
  card?: string
  checkout?: boolean
  on?: string
  at?: 'before' | 'after'
  with?: 'timeout' | 'reset' | 500 | 429 | 'malformed'
  times?: number
  replay500?: boolean
  shuffle?: number
  duplicate?: number
  drop?: string[]
  first?: Step
  other?: Step
  steps?: Step[]
}

const which = fc.nat({ max: 7 })
const part = fc.constantFrom<Part>('all', 'half', 'a cent')
const simple = (name: string) => fc.record({ do: fc.constant(name), which })

/** What the two parties and the card's owner do. */
const business: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('deposit'),
      which,
      mask: fc.integer({ min: 1, max: 15 }),
      checkout: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('pay'),
      which,
      card: fc.constantFrom(
        'pm_card_visa',
        'pm_card_visa',
        'pm_card_visa',
        'pm_card_chargeDeclined',
        'pm_card_pendingRefund',
        'pm_card_refundFail',
        'pm_card_authenticationRequired'
      ),
    }),
  },
  simple('authenticate'),
  simple('cancel deposit'),
  { weight: 3, arbitrary: simple('submit') },
  simple('reject'),
  { weight: 2, arbitrary: simple('approve') },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('release'), which, part }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('request refund'), which, part }) },
  { weight: 2, arbitrary: simple('accept refund') },
  simple('decline refund'),
  { weight: 2, arbitrary: simple('add payout account') }
)

const ROUTES = [
  'POST /v1/payment_intents',
  'GET /v1/payment_intents/{intent}',
  'POST /v1/payment_intents/{intent}/cancel',
  'POST /v1/checkout/sessions',
  'POST /v1/checkout/sessions/{session}/expire',
  'POST /v1/transfers',
  'GET /v1/transfers',
  'POST /v1/refunds',
  'GET /v1/refunds',
  'GET /v1/balance',
  'POST /v1/accounts',
  'GET /v1/disputes/{dispute}',
  'GET /v1/disputes',
  'GET /v1/charges/{charge}',
  'POST /v1/transfers/{id}/reversals',
]

/** What the client's bank does, and what becomes of what is owed for it. */
const chargebacks: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('a dispute'),
      which,
      part,
      status: fc.constantFrom(
        'needs_response' as const,
        'needs_response' as const,
        'warning_needs_response' as const,
        'lost' as const
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('the bank decides'),
      which,
      outcome: fc.constantFrom('lost' as const, 'lost' as const, 'won' as const),
    }),
  },
  simple('an inquiry escalates'),
  simple('a lost dispute is appealed'),
  { weight: 2, arbitrary: simple('claw back') },
  fc.record({ do: fc.constant('write off'), which, part }),
  simple('look at disputes')
)

/** What the parties and our staff do when they disagree. */
const disagreement: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('open a dispute'), which, part }) },
  { weight: 2, arbitrary: simple('answer the dispute') },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('offer'), which, part }) },
  { weight: 3, arbitrary: simple('accept offer') },
  simple('decline offer'),
  simple('escalate'),
  simple('withdraw dispute'),
  { weight: 2, arbitrary: simple('choose equal split') },
  simple('disputes are due'),
  { weight: 2, arbitrary: fc.record({ do: fc.constant('staff decide'), which, part }) },
  simple('a second person approves'),
  simple('a second person refuses')
)

const fault = (...routes: string[]): fc.Arbitrary<Step> =>
  fc.record({
    do: fc.constant('a fault'),
    which,
    on: fc.constantFrom(...routes),
    at: fc.constantFrom('before' as const, 'after' as const),
    with: fc.constantFrom(
      'timeout' as const,
      'reset' as const,
      500 as const,
      429 as const,
      'malformed' as const
    ),
    times: fc.integer({ min: 1, max: 3 }),
    replay500: fc.boolean(),
  })

/** What happens to them. */
const circumstances: fc.Arbitrary<Step> = fc.oneof(
  simple('expire deposits'),
  simple('a day passes'),
  simple('the inspection ends'),
  simple('the answer is overdue'),
  simple('a month passes'),
  simple('restrict the account'),
  simple('onboard the account'),
  { weight: 2, arbitrary: simple('a refund fails') },
  simple('a refund settles'),
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('a transfer is reversed'), which, part }),
  },
  { weight: 3, arbitrary: simple('settle pending') },
  { weight: 2, arbitrary: simple('work the queue') },
  { weight: 6, arbitrary: simple('news') },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('webhooks arrive'),
      which,
      shuffle: fc.nat({ max: 1000 }),
      duplicate: fc.nat({ max: 2 }),
    }),
  },
  fc.record({
    do: fc.constant('webhooks get lost'),
    which,
    drop: fc.subarray([
      'payment_intent.succeeded',
      'charge.succeeded',
      'checkout.session.completed',
      'transfer.created',
      'refund.created',
      'charge.refunded',
      'charge.dispute.created',
      'charge.dispute.funds_withdrawn',
      'charge.dispute.closed',
    ]),
  }),
  { weight: 3, arbitrary: fault(...ROUTES) }
)

const single = fc.oneof(
  { weight: 6, arbitrary: business },
  { weight: 4, arbitrary: circumstances },
  { weight: 2, arbitrary: chargebacks },
  { weight: 4, arbitrary: disagreement }
)

const releasing = fc.record({ do: fc.constant('release'), which, part })
const asking = fc.record({ do: fc.constant('request refund'), which, part })
const disputing = fc.record({ do: fc.constant('open a dispute'), which, part })
const offering = fc.record({ do: fc.constant('offer'), which, part })
const deciding = fc.record({ do: fc.constant('staff decide'), which, part })
const reversal = fc.record({ do: fc.constant('a transfer is reversed'), which, part })
const inTurn = (...steps: fc.Arbitrary<Step>[]): fc.Arbitrary<Step> =>
  fc.tuple(...steps).map((each) => ({ do: 'in turn', which: 0, steps: each }))

/** What chance alone would seldom bring together. */
const stories = fc.oneof(
  inTurn(simple('add payout account'), fault('POST /v1/transfers'), releasing, simple('news')),
  inTurn(
    fault('POST /v1/transfers', 'GET /v1/transfers'),
    releasing,
    simple('work the queue'),
    simple('restrict the account'),
    simple('a day passes'),
    simple('settle pending')
  ),
  inTurn(fault('POST /v1/refunds', 'GET /v1/refunds'), asking, simple('work the queue')),
  inTurn(asking, simple('accept refund'), simple('news'), simple('a refund fails'), simple('news')),
  inTurn(simple('add payout account'), releasing, simple('news'), reversal, simple('news')),
  inTurn(releasing, simple('news'), chargebacks, simple('news'), chargebacks, chargebacks),
  inTurn(asking, chargebacks, simple('news'), chargebacks, simple('news')),
  inTurn(disputing, simple('answer the dispute'), offering, simple('accept offer'), simple('news')),
  inTurn(disputing, offering, chargebacks, simple('news'), simple('accept offer'), simple('news')),
  inTurn(
    disputing,
    simple('answer the dispute'),
    fc.constant({ do: 'choose equal split', which: 0 }),
    fc.constant({ do: 'choose equal split', which: 1 }),
    simple('news')
  ),
  // Staff, and above the threshold two of them.
  inTurn(
    disputing,
    simple('answer the dispute'),
    simple('escalate'),
    deciding,
    fc.oneof(chargebacks, simple('news'), disagreement),
    simple('a second person approves'),
    simple('news')
  ),
  inTurn(asking, simple('the answer is overdue'), deciding, simple('a second person approves')),
  inTurn(
    fault('POST /v1/payment_intents', 'GET /v1/payment_intents/{intent}'),
    fc.record({ do: fc.constant('deposit'), which, mask: fc.constantFrom(1, 2, 4, 8) }),
    fc.record({ do: fc.constant('pay'), which, card: fc.constant('pm_card_visa') }),
    fc.constantFrom<Step>(
      { do: 'news', which: 0 },
      { do: 'cancel deposit', which: 0 },
      { do: 'expire deposits', which: 0 },
      { do: 'settle pending', which: 0 }
    )
  )
)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 7, arbitrary: single },
  { weight: 3, arbitrary: stories },
  // Two at the same moment.
  {
    weight: 1,
    arbitrary: fc
      .tuple(single, single)
      .map(([first, other]) => ({ do: 'both', which: 0, first, other })),
  }
)

/** Where a sequence begins: what is paid for already, and in how many deposits. */
interface Start {
  /** Masks of milestones, one deposit each; a milestone is in the first that names it. */
  funded: number[]
  cards: string[]
  account: boolean
  /** Too long ago for a refund without consent. */
  aged: boolean
}

const cards = fc.constantFrom(
  'pm_card_visa',
  'pm_card_visa',
  'pm_card_visa',
  'pm_card_pendingRefund',
  'pm_card_refundFail'
)
const start: fc.Arbitrary<Start> = fc.record({
  funded: fc.array(fc.constantFrom(15, 14, 13, 11, 7, 12, 3, 1), { maxLength: 2, size: 'max' }),
  cards: fc.array(cards, { minLength: 2, maxLength: 2 }),
  account: fc.boolean(),
  aged: fc.boolean(),
})

/** A project with four milestones, and what a sequence does with it. */
class Play {
  client!: User
  freelancer!: User
  projectId!: string
  milestoneIds: string[] = []
  float = 0
  log: string[] = []

  /** The sandbox's clock is ahead of ours, which new checkout pages do not survive. */
  ahead = false

  static async begin(from: Start): Promise<Play> {
    await resetAll()
    sandbox.webhookMode({ paused: true })
    const play = new Play()
    play.float = sandbox.available()
    play.client = await aClient()
    play.freelancer = await aFreelancer()
    const total = AMOUNTS.reduce((sum, amount) => sum + amount, 0n)
    const [{ id }] = await db
      .insertQuery()
      .table('projects')
      .insert({
        client_id: play.client.id,
        freelancer_id: play.freelancer.id,
        title: 'Any sequence',
        description: 'Anything.',
        // More than the milestones, so that it does not complete by itself.
        total_amount: total + 1n,
        currency: 'USD',
        status: 'active',
        deadline: db.raw(`now() + interval '60 days'`),
        platform_fee_bps: 1000,
        inspection_days: 14,
      })
      .returning('id')
    play.projectId = id
    await db.table('escrow_accounts').insert({ project_id: id, currency: 'USD' })
    for (const [index, amount] of AMOUNTS.entries()) {
      const [milestone] = await db
        .insertQuery()
        .table('milestones')
        .insert({
          project_id: id,
          title: `Part ${index + 1}`,
          description: 'A part.',
          amount,
          currency: 'USD',
          due_date: db.raw(`now() + interval '30 days'`),
        })
        .returning('id')
      play.milestoneIds.push(milestone.id)
    }
    await play.#begin(from)
    return play
  }

  async #begin({ funded, cards: paidWith, account, aged }: Start): Promise<void> {
    let taken = 0
    for (const [index, mask] of funded.entries()) {
      const milestoneIds = this.#masked(mask & ~taken)
      taken |= mask
      if (milestoneIds.length === 0) continue
      const { transaction, ...sent } = await fundMilestones({
        by: this.client,
        milestoneIds,
        paymentProvider: 'stripe',
        method: 'payment_element',
      })
      let { clientAction } = sent
      // A loaded machine may need longer than the short time-out of this suite.
      for (let again = 0; !clientAction && again < 20; again++) {
        ;({ clientAction } = await sendDeposit(transaction.id))
      }
      strict.ok(clientAction?.client_secret)
      sandbox.confirm(clientAction.client_secret.split('_secret_')[0], { card: paidWith[index] })
    }
    if (account) {
      await addPayoutAccount(this.freelancer, { paymentProvider: 'stripe', country: 'US' })
      this.#onboard(0)
    }
    await this.#news()
    if (aged) {
      const then = db.raw(`now() - interval '2 days'`)
      await db.from('milestones').whereNotNull('funded_at').update({ funded_at: then })
    }
  }

  /** Does one step. What the rules refuse is fine; anything else that is thrown is a defect. */
  async take(one: Step): Promise<void> {
    if (one.do === 'in turn') {
      for (const each of one.steps!) await this.take(each)
      return
    }
    if (one.do === 'both') {
      // Both to their end, or one would go on into the next sequence.
      const both = await Promise.allSettled([this.take(one.first!), this.take(one.other!)])
      for (const each of both) if (each.status === 'rejected') throw each.reason
      return
    }
    try {
      this.log.push(`${one.do}: ${(await this.#act(one)) ?? 'done'}`)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      this.log.push(`${one.do}: ${error.status} ${error.code}`)
    }
  }

  async #act(one: Step): Promise<string | void> {
    const by = { by: this.client }
    const worker = { by: this.freelancer }
    const milestone = await this.#milestone(one)
    switch (one.do) {
      case 'deposit': {
        const milestoneIds = this.#masked(one.mask!)
        await fundMilestones({
          ...by,
          milestoneIds,
          paymentProvider: 'stripe',
          method: one.checkout && !this.ahead ? 'checkout' : 'payment_element',
          returnUrl: 'https://example.com/back',
        })
        return
      }
      case 'pay':
        return this.#pay(one)
      case 'authenticate': {
        const intents = sandbox.paymentIntents.filter(({ status }) => status === 'requires_action')
        const intent = pick(intents, one.which)
        if (!intent) return 'nothing'
        sandbox.authenticate(intent.id, one.which % 3 > 0)
        return
      }
      case 'cancel deposit': {
        const id = await this.#transaction('deposit', 'pending', one.which)
        if (!id) return 'nothing'
        await cancelUnpaidDeposit(id, by)
        return
      }
      case 'submit':
        await submitWork(milestone, { ...worker, work: { note: 'Done.', links: [] } })
        return
      case 'reject':
        await rejectWork(milestone, { ...by, reason: 'No.' })
        return
      case 'approve':
        await approveMilestone(milestone, by)
        return
      case 'release':
        await releasePayment(milestone, {
          ...by,
          amount: await this.#partOf(milestone, one.part!),
        })
        return
      case 'request refund': {
        const amount = await this.#partOf(milestone, one.part!)
        await requestRefund(milestone, { ...by, amount, reason: 'Not needed.' })
        return
      }
      case 'accept refund':
      case 'decline refund': {
        const open = await db.from('refund_requests').where('status', 'requested').orderBy('id')
        const request = pick(open, one.which)
        if (!request) return 'nothing'
        if (one.do === 'accept refund') await acceptRefund(request.id, worker)
        else await declineRefund(request.id, worker)
        return
      }
      case 'add payout account':
        await addPayoutAccount(this.freelancer, { paymentProvider: 'stripe', country: 'US' })
        this.#onboard(one.which)
        return
      case 'onboard the account':
        this.#onboard(one.which)
        return
      case 'restrict the account': {
        const account = pick(sandbox.accounts, one.which)
        if (account) sandbox.restrictAccount(account.id)
        return
      }
      case 'expire deposits':
        await db
          .from('deposits')
          .where('state', 'live')
          .update({ expires_at: db.raw(`now() - interval '1 second'`) })
        return
      case 'a day passes':
        return this.#passes('25 hours', 25 * 3_600_000)
      case 'a month passes':
        return this.#passes('40 days', 40 * 24 * 3_600_000)
      case 'the inspection ends':
        await db
          .from('milestones')
          .whereNotNull('auto_approve_at')
          .update({ auto_approve_at: db.raw('now()') })
        return this.#schedule()
      case 'the answer is overdue':
        await db
          .from('refund_requests')
          .where('status', 'requested')
          .update({ respond_by: db.raw('now()') })
        return this.#schedule()
      case 'a refund fails': {
        const refund = pick(
          sandbox.refunds.filter(({ status }) => status === 'pending' || status === 'succeeded'),
          one.which
        )
        if (!refund) return 'nothing'
        sandbox.failRefund(refund.id)
        return
      }
      case 'a refund settles': {
        const refund = pick(
          sandbox.refunds.filter(({ status }) => status === 'pending'),
          one.which
        )
        if (refund) sandbox.settleRefund(refund.id)
        return
      }
      case 'a transfer is reversed': {
        const transfer = pick(
          sandbox.transfers.filter(({ reversed }) => !reversed),
          one.which
        )
        if (!transfer) return 'nothing'
        const left = transfer.amount - transfer.amount_reversed
        sandbox.reverseTransfer(
          transfer.id,
          { 'all': left, 'half': Math.ceil(left / 2), 'a cent': 1 }[one.part!]
        )
        return
      }
      case 'a dispute':
        return this.#dispute(one)
      case 'the bank decides': {
        const dispute = pick(
          sandbox.disputes.filter(
            ({ status }) => !['warning_closed', 'prevented'].includes(status)
          ),
          one.which
        )
        if (!dispute || dispute.status === one.outcome) return 'nothing'
        sandbox.closeDispute(dispute.id, one.outcome!)
        return one.outcome
      }
      case 'an inquiry escalates': {
        const inquiries = sandbox.disputes.filter(({ status }) =>
          /^warning_.*(se|ew)$/.test(status)
        )
        const inquiry = pick(inquiries, one.which)
        if (!inquiry) return 'nothing'
        sandbox.escalateInquiry(inquiry.id)
        return
      }
      case 'a lost dispute is appealed': {
        const lost = sandbox.disputes.filter(({ status }) => status === 'lost')
        const dispute = pick(lost, one.which)
        if (!dispute) return 'nothing'
        sandbox.reopenDispute(dispute.id)
        return
      }
      case 'claw back': {
        const chargeback = pick(await db.from('chargebacks').orderBy('id').select('id'), one.which)
        if (!chargeback) return 'nothing'
        const rows = await clawBack(chargeback.id, {}, OPERATOR)
        return rows.map(({ state }) => state).join()
      }
      case 'write off': {
        const debt = pick(await openDebts(db), one.which)
        if (!debt) return 'nothing'
        const { outstanding } = debt
        const half = Money.of(outstanding.minor / 2n + 1n, outstanding.currency)
        const amount = one.part === 'half' && half.compare(outstanding) <= 0 ? half : outstanding
        await agreed(debtWriteOff, debt.chargebackId, { amount: amount.toDecimal() })
        return amount.toDecimal()
      }
      case 'open a dispute': {
        const askedAmount = await this.#partOf(milestone, one.part!)
        const who = one.which % 2 ? this.client : this.freelancer
        await openDispute(milestone, { by: who, reason: 'No.', askedAmount })
        return
      }
      case 'disputes are due':
        await db
          .from('disputes')
          .whereIn('status', ['open', 'negotiating'])
          .update({ respond_by: db.raw('now()'), negotiate_until: db.raw('now()') })
        return this.#schedule()
      case 'answer the dispute':
      case 'offer':
      case 'escalate':
      case 'withdraw dispute':
      case 'choose equal split':
      case 'staff decide':
        return this.#inDispute(one)
      case 'accept offer':
      case 'decline offer': {
        const open = await db.from('dispute_offers').where('status', 'open').orderBy('id')
        const offer = pick(open, one.which)
        if (!offer) return 'nothing'
        const other = { by: offer.made_by === this.client.id ? this.freelancer : this.client }
        if (one.do === 'accept offer') await acceptOffer(offer.id, other)
        else await declineOffer(offer.id, other)
        return
      }
      case 'a second person approves':
      case 'a second person refuses': {
        const waiting = await Approval.findBy({ kind: 'dispute_decision', status: 'proposed' })
        if (!waiting) return 'nothing'
        const { id } = await member('finance')
        if (one.do === 'a second person refuses') {
          await refuse(waiting.id, { by: id, reason: 'No.' })
        } else await approve(waiting.id, { by: id, hash: waiting.contentHash })
        return
      }
      case 'look at disputes':
        await settleClawBacks()
        return this.#lookAtDisputes()
      case 'settle pending':
        await settlePending({ olderThanSeconds: 0 })
        return
      case 'news':
        sandbox.webhookMode({ paused: true, shuffle: one.which })
        return this.#news()
      case 'work the queue':
        return this.#work({ retryNow: one.which % 3 === 0 })
      case 'webhooks arrive':
        sandbox.webhookMode({ paused: true, shuffle: one.shuffle, duplicate: one.duplicate })
        await sandbox.flushWebhooks()
        return
      case 'webhooks get lost':
        sandbox.webhookMode({ paused: true, drop: one.drop })
        return
      case 'a fault':
        sandbox.failNext(one.on!, {
          at: one.at!,
          with: one.with!,
          times: one.times,
          ...(one.with === 500 && { replay500: one.replay500 }),
        })
        return `${one.with} ${one.at} ${one.on} x${one.times}`
    }
    throw new Error(`No such step: ${one.do}`)
  }

  async #inDispute({ do: what, which: number, part: wanted }: Step): Promise<string | void> {
    const open = await Dispute.query().whereNull('closed_at').orderBy('id')
    const dispute = pick(open, number)
    if (!dispute) return 'nothing'
    const who = { by: number % 2 ? this.client : this.freelancer }
    const held = await balanceOf(db, accounts.escrow(dispute.milestoneId), 'USD')
    const toFreelancer =
      (await this.#partOf(dispute.milestoneId, wanted ?? 'half')) ??
      (number > 3 ? held.toDecimal() : '0.00')
    if (what === 'answer the dispute') {
      const respondent = dispute.respondentId === this.client.id ? this.client : this.freelancer
      await answerDispute(dispute.id, { by: respondent, body: 'It is.' })
    } else if (what === 'offer') await makeOffer(dispute.id, { ...who, toFreelancer })
    else if (what === 'escalate') await escalateDispute(dispute.id, who)
    else if (what === 'withdraw dispute') await withdrawDispute(dispute.id, who)
    else if (what === 'choose equal split') await chooseEqualSplit(dispute.id, who)
    else {
      const { id: by } = await member('support')
      const version = BigInt(dispute.version)
      await proposeDecision(dispute.id, { by, toFreelancer, reason: 'So.', version })
    }
  }

  /** The job looks again when a provider did not answer; anything else that it reports is a defect. */
  async #lookAtDisputes(): Promise<string | void> {
    try {
      await syncDisputes()
    } catch (error) {
      const errors = error instanceof AggregateError ? error.errors : [error]
      if (!errors.every((each) => each instanceof ProviderFailure)) throw error
      return 'the provider did not answer'
    }
  }

  async #news(): Promise<void> {
    await sandbox.flushWebhooks()
    await this.#work({ retryNow: false })
  }

  #masked(mask: number): string[] {
    return this.milestoneIds.filter((_, index) => mask & (1 << index))
  }

  /** Mostly one with which the step can be done; the last choice is any. */
  async #milestone({ do: what, which: number }: Step): Promise<string> {
    const states: Record<string, string[]> = {
      'submit': ['pending', 'rejected'],
      'approve': ['submitted'],
      'reject': ['submitted'],
      'release': ['pending', 'rejected', 'submitted'],
      'request refund': ['pending', 'rejected', 'submitted'],
      'open a dispute': ['pending', 'rejected', 'submitted'],
    }
    const any = pick(this.milestoneIds, number)!
    if (!states[what] || number === 7) return any
    const fit = await db
      .from('milestones')
      .whereNotNull('funded_at')
      .whereNull('closed_at')
      .whereIn('status', states[what])
      .orderBy('id')
      .select('id')
    return pick(fit, number)?.id ?? any
  }

  #pay({ which: number, card }: Step): string | void {
    const open = sandbox.paymentIntents.filter(
      ({ status, metadata }) =>
        metadata.channel !== 'checkout' &&
        (status === 'requires_payment_method' || status === 'requires_confirmation')
    )
    const sessions = sandbox.checkoutSessions.filter(({ status }) => status === 'open')
    const chosen = pick([...open, ...sessions], number)
    if (!chosen) return 'nothing'
    const paid = chosen.id.startsWith('cs_')
      ? sandbox.pay(chosen.id, { card })
      : sandbox.confirm(chosen.id, { card })
    return `${card} ${paid}`
  }

  #dispute({ which: number, part: wanted, status }: Step): string | void {
    const paid = sandbox.charges.filter(
      ({ payment_intent: intent, status: state, captured }) =>
        intent && state === 'succeeded' && captured
    )
    const charge = pick(paid, number)
    if (!charge) return 'nothing'
    // A bank may claim more than was paid, for what the currency did meanwhile.
    const amount = {
      'all': charge.amount,
      'half': Math.ceil(charge.amount / 2),
      'a cent': charge.amount + 1,
    }[wanted!]
    return `${sandbox.openDispute(charge.id, { amount, status })} ${status} ${amount}`
  }

  #onboard(number: number): void {
    const account = pick(sandbox.accounts, number)
    if (account) sandbox.completeOnboarding(account.id)
  }

  /** Both clocks go on: ours by making everything older, the sandbox's by itself. */
  async #passes(interval: string, milliseconds: number): Promise<void> {
    const ago = (column: string) => db.raw(`${column} - ?::interval`, [interval])
    await db.from('transactions').update({
      created_at: ago('created_at'),
      sent_at: ago('sent_at'),
      last_lookup_at: ago('last_lookup_at'),
    })
    await db.from('deposits').update({ expires_at: ago('expires_at') })
    await db.from('milestones').update({
      funded_at: ago('funded_at'),
      auto_approve_at: ago('auto_approve_at'),
      due_date: ago('due_date'),
    })
    await db.from('refund_requests').update({ respond_by: ago('respond_by') })
    await db
      .from('disputes')
      .whereIn('status', ['open', 'negotiating'])
      .update({ respond_by: ago('respond_by'), negotiate_until: ago('negotiate_until') })
    await db
      .from('disputes')
      .where('status', 'withdrawn')
      .update({ closed_at: ago('closed_at') })
    await db.from('payouts').update({ not_before: ago('not_before') })
    await db.from('inbox_events').update({ received_at: ago('received_at') })
    await db.rawQuery(`UPDATE pgboss.job SET start_after = start_after - ?::interval`, [interval])
    sandbox.advance(milliseconds)
    this.ahead = true
    await this.#schedule()
  }

  /** What the scheduler would have started meanwhile. */
  async #schedule(): Promise<void> {
    const jobs: Job[] = [
      autoApproveDue,
      escalateUnansweredRefunds,
      decideSilent,
      remindOfDisputes,
      remindReviewers,
      retryStuckInbox,
    ]
    for (const job of jobs) {
      const signal = new AbortController().signal
      await job.handle({}, { id: '', attempt: 1, lastAttempt: true, logger, signal })
    }
  }

  async #work(options: { retryNow: boolean; includeDeferred?: boolean }): Promise<void> {
    // As often as a job may be tried; one that never succeeds is a dead letter then.
    const { errors } = await drain({ ...options, mayFail: true })
    for (const { job, error } of errors) {
      const expected =
        error instanceof ProviderFailure ||
        error instanceof Problem ||
        /the outcome of \w+ \S+ is unknown/.test((error as Error).message)
      if (!expected) throw new Error(`The job ${job} failed`, { cause: error })
    }
  }

  /** A decimal amount, or undefined for everything. */
  async #partOf(milestoneId: string, wanted: Part): Promise<string | undefined> {
    if (wanted === 'all') return undefined
    if (wanted === 'a cent') return '0.01'
    const { minor } = await balanceOf(db, accounts.escrow(milestoneId), 'USD')
    const half = String(minor / 2n + 1n).padStart(3, '0')
    return half.replace(/(\d\d)$/, '.$1')
  }

  async #transaction(type: string, status: string, number: number): Promise<string | undefined> {
    const rows = await db
      .from('transactions')
      .where({ transaction_type: type, status })
      .orderBy('id')
      .select('id')
    return pick(rows, number)?.id
  }

  /** What must be true at every moment. */
  async check(): Promise<void> {
    strict.deepEqual(await breaks(), [])
    const totals = await escrowTotalsOfProject(db, this.projectId)
    const explained = totals.totalReleased
      .add(totals.totalRefunded)
      .add(totals.totalChargedBack)
      .add(totals.balance)
    strict.equal(
      totals.totalDeposited.minor,
      explained.minor,
      'the totals do not explain themselves'
    )
    for (const each of totals.milestones) {
      const sum = each.released.add(each.refunded).add(each.chargedBack).add(each.held)
      strict.equal(each.funded.minor, sum.minor, `milestone ${each.milestoneId}`)
      const whole = (await Milestone.findOrFail(each.milestoneId)).amount
      strict.ok(each.funded.isZero || each.funded.minor === whole, 'funded in part')
    }
    const { rows } = await db.rawQuery(
      `SELECT coalesce(sum(a.amount), 0)::bigint AS applied FROM deposit_allocations a
         JOIN deposits d USING (transaction_id) WHERE d.state = 'applied'`
    )
    strict.equal(totals.totalDeposited.minor, BigInt(rows[0].applied), 'deposits that were applied')
    await this.#checkDisputes(totals.milestones)
    assertOneEffectEach()
  }

  async #checkDisputes(totals: { milestoneId: string; held: Money }[]): Promise<void> {
    for (const { id, milestoneId } of await Dispute.query().whereNull('closed_at')) {
      const { held } = totals.find((each) => each.milestoneId === milestoneId)!
      const { isClosed } = await Milestone.findOrFail(milestoneId)
      strict.ok(held.isPositive && !isClosed, `dispute ${id} is about nothing`)
    }
    // What was settled is what was divided, once; what waits for a second person can be found by one.
    const { rows } = await db.rawQuery(
      `SELECT d.id, d.status, d.settled_how FROM disputes d
        WHERE coalesce(d.to_freelancer + d.to_client, 0) <>
              (SELECT coalesce(sum(p.amount), 0) FROM journal_entries e
                 JOIN postings p ON p.entry_id = e.id AND p.direction = 'debit'
                 JOIN ledger_accounts a ON a.id = p.account_id AND a.kind = 'escrow'
                WHERE e.reference = 'resolution:' || d.id)
           OR (d.status = 'decided')::int > (SELECT count(*) FROM approvals
                WHERE kind = 'dispute_decision' AND subject_id = d.id AND status = 'proposed')`
    )
    strict.deepEqual(rows, [], 'disputes that are not what was done')
  }

  /** Nothing goes wrong any more, and everything that is under way comes to its end. */
  async comeToRest(): Promise<void> {
    sandbox.clearFaults()
    sandbox.webhookMode({ paused: true })
    for (let round = 0; round < 12; round++) {
      // What is frozen cannot come to rest, so the bank decides.
      for (const [index, { id, status }] of sandbox.disputes.entries()) {
        if (/response|review/.test(status)) sandbox.closeDispute(id, index % 2 ? 'won' : 'lost')
      }
      // Again each day: the key of one that failed may replay its 500 until it expires.
      await addPayoutAccount(this.freelancer, { paymentProvider: 'stripe', country: 'US' }).catch(
        (error) => {
          if (!(error instanceof Problem)) throw error
        }
      )
      for (const { id } of sandbox.accounts) sandbox.completeOnboarding(id)
      // A key that only replays a 500 is given up after look-ups far enough apart; and who has not
      // paid by now does not.
      await this.#passes('25 hours', 25 * 3_600_000)
      await this.#work({ retryNow: true, includeDeferred: true })
      await sandbox.flushWebhooks()
      await this.#work({ retryNow: true })
      await syncDisputes()
      await settleClawBacks()
      await this.#work({ retryNow: true, includeDeferred: true })
      // What thawed just now may be due.
      await this.#schedule()
      await settlePending({ olderThanSeconds: 0 })
      const pending = await db.from('transactions').where('status', 'pending').select('id')
      if (pending.length === 0 && round > 0) return this.#nothingIsLate()
    }
    const stuck = await db.from('transactions').where('status', 'pending')
    const payouts = await db.from('payouts')
    throw new Error(`Still pending: ${inspect({ stuck, payouts })}`)
  }

  /** What time decides is decided: a failure there is only logged. */
  async #nothingIsLate(): Promise<void> {
    const late = await db
      .from('disputes')
      .where((due) => due.where('status', 'open').whereRaw('respond_by <= now()'))
      .orWhere((due) => due.where('status', 'negotiating').whereRaw('negotiate_until <= now()'))
    strict.deepEqual(late, [], 'disputes that time should have decided')
    const requests = await db
      .from('refund_requests')
      .where('status', 'requested')
      .whereRaw('respond_by <= now()')
    strict.deepEqual(requests, [], 'refund requests that nobody escalates')
  }

  /** How disputes ended, or where they are. */
  async ends(): Promise<string[]> {
    const rows = await db.from('disputes').select('settled_how', 'status')
    return rows.map((row) => row.settled_how ?? row.status)
  }

  /** What lost disputes took of refunds that had failed: their payer has it from the bank. */
  async #owedBackTaken(): Promise<bigint> {
    const { rows } = await db.rawQuery(
      `SELECT coalesce(sum(CASE p.direction WHEN 'debit' THEN p.amount ELSE -p.amount END), 0)::bigint AS taken
         FROM journal_entries e
         JOIN postings p ON p.entry_id = e.id
         JOIN ledger_accounts a ON a.id = p.account_id AND a.kind = 'refund_payable'
        WHERE e.kind LIKE 'chargeback%'`
    )
    return BigInt(rows[0].taken)
  }

  /** Our books against Stripe's, when both are at rest. */
  async compare(): Promise<void> {
    await this.check()
    const sum = (numbers: (number | bigint)[]) =>
      numbers.reduce<bigint>((total, number) => total + BigInt(number), 0n)
    const ours = async (type: string, status: string) =>
      sum(
        (await db.from('transactions').where({ transaction_type: type, status })).map(
          ({ amount }) => amount
        )
      )
    const entries = async (kind: string) => {
      const { rows } = await db.rawQuery(
        `SELECT coalesce(sum(p.amount), 0)::bigint AS sum FROM journal_entries e
           JOIN postings p ON p.entry_id = e.id AND p.direction = 'debit' WHERE e.kind = ?`,
        [kind]
      )
      return BigInt(rows[0].sum)
    }
    const inAccount = async (account: AccountName) => (await balanceOf(db, account, 'USD')).minor

    const charged = sandbox.charges.filter(
      ({ status, payment_intent: intent, captured }) => status === 'succeeded' && captured && intent
    )
    strict.equal(
      await ours('deposit', 'completed'),
      sum(charged.map(({ amount }) => amount)),
      'deposits'
    )

    const { transfers } = sandbox
    strict.equal(
      await ours('payout', 'completed'),
      sum(transfers.map(({ amount }) => amount)),
      'payouts'
    )
    const reversed = sum(transfers.map(({ amount_reversed: back }) => back))
    strict.equal(await entries('payout_returned'), reversed, 'returned payouts')
    const debts = await debtsOf(db, this.freelancer.id, 'USD')
    const owed = sum(debts.map(({ outstanding }) => outstanding.minor))
    const forLosses = sum(debts.map((debt) => debt.outstanding.add(debt.recovered).minor))
    const released = sum((await db.from('releases')).map(({ net }) => net))
    strict.equal(
      (await inAccount(accounts.payable(this.freelancer.id))) - owed,
      released + reversed - forLosses - (await ours('payout', 'completed')),
      'what the freelancer is owed, less what they owe'
    )
    strict.equal(await inAccount(accounts.freelancerReceivable(this.freelancer.id)), owed, 'debts')

    const refunded = sandbox.refunds.filter(({ status }) => status === 'succeeded')
    strict.equal(
      await ours('refund', 'completed'),
      sum(refunded.map(({ amount }) => amount)),
      'refunds'
    )
    strict.equal(
      await inAccount(accounts.refundPayable(this.client.id)),
      (await ours('refund', 'failed')) - (await this.#owedBackTaken()),
      'refunds that failed are owed'
    )
    strict.equal(await inAccount(accounts.unapplied(this.client.id)), 0n, 'unapplied')
    strict.equal(
      await inAccount(accounts.clearing('stripe')),
      BigInt(sandbox.available() - this.float),
      'our balance at Stripe'
    )
    const { rows } = await db.rawQuery(
      `SELECT coalesce(sum(amount), 0)::bigint AS open FROM reservations WHERE settled_at IS NULL`
    )
    strict.equal(BigInt(rows[0].open), 0n, 'open reservations')
    const transit = await db
      .from('ledger_accounts')
      .whereIn('kind', ['payout_in_transit', 'refund_in_transit'])
      .whereNot('balance', 0)
    strict.deepEqual(transit, [], 'money in transit that nobody sends')
    const claims = await db
      .from('ledger_accounts')
      .where('kind', 'chargeback_receivable')
      .whereNot('balance', 0)
    strict.deepEqual(claims, [], 'claims that nobody bears')
    const known = await db.from('chargebacks').select('provider_dispute_id', 'provider_status')
    strict.deepEqual(
      known.map((row) => `${row.provider_dispute_id} ${row.provider_status}`).sort(),
      sandbox.disputes.map(({ id, status }) => `${id} ${status}`).sort(),
      'disputes'
    )
  }
}

/** No transaction of ours made two things happen at Stripe. */
function assertOneEffectEach(): void {
  const seen = new Map<string, string>()
  const once = (kind: string, id: string, transactionId?: string) => {
    if (!transactionId) throw new Error(`${kind} ${id} at Stripe belongs to nothing`)
    const key = `${kind} of ${transactionId}`
    strict.ok(!seen.has(key), `two of one: ${key}: ${seen.get(key)} and ${id}`)
    seen.set(key, id)
  }
  for (const transfer of sandbox.transfers) {
    once('transfer', transfer.id, transfer.metadata.transaction_id)
  }
  for (const refund of sandbox.refunds) {
    if (refund.status !== 'failed') once('refund', refund.id, refund.metadata?.transaction_id)
  }
}

function pick<T>(list: T[], number: number): T | undefined {
  return list[number % list.length]
}

function inspect(value: unknown): string {
  return JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each))
}

test.group('Any sequence of operations', () => {
  test('leaves the ledger balanced, every total explained and Stripe’s books equal to ours', async ({
    assert,
  }) => {
    const restore = withSetting('STRIPE_TIMEOUT_MS', 250)
    const started = performance.now()
    let runs = 0
    let steps = 0
    const ended: Record<string, number> = {}
    let failing: string[] = []
    const property = fc.asyncProperty(
      start,
      fc.array(step, { minLength: 1, maxLength: LONG ? 45 : 30, size: 'max' }),
      async (from, sequence) => {
        const play = await Play.begin(from)
        runs++
        try {
          for (const [index, each] of sequence.entries()) {
            await play.take(each)
            steps++
            if (index % (LONG ? 3 : 5) === 2) await play.check()
          }
          await play.comeToRest()
          await play.compare()
          for (const end of await play.ends()) ended[end] = (ended[end] ?? 0) + 1
        } catch (error) {
          failing = play.log
          throw error
        }
      }
    )
    try {
      const result = await fc.check(property, {
        numRuns: RUNS,
        seed: SEED,
        ...(process.env.FC_PATH && { path: process.env.FC_PATH }),
        // A failure costs as many runs again to be made small; in the short suite, only some.
        interruptAfterTimeLimit: LONG ? 3_000_000 : 55_000,
      })
      if (result.failed && result.counterexample) {
        const cause = result.errorInstance as Error & { cause?: Error }
        assert.fail(
          [
            `SEED=${result.seed} FC_PATH=${result.counterexamplePath} (shrunk ${result.numShrinks} times)`,
            inspect(result.counterexample[0]),
            ...result.counterexample[1].map((each) => `  ${inspect(each)}`),
            'what the last one that failed did:',
            ...failing.map((line) => `  ${line}`),
            String(cause?.stack ?? cause),
            String(cause?.cause?.stack ?? ''),
          ].join('\n')
        )
      }
    } finally {
      restore()
      const seconds = Math.round((performance.now() - started) / 1000)
      console.log(
        `  ${runs} sequences, ${steps} steps, ${seconds} s, seed ${SEED}; disputes: ${inspect(ended)}`
      )
    }
    // Interrupted by a slow machine is fine, not having run is not.
    assert.isAtLeast(runs, LONG ? RUNS : 5)
  }).timeout(LONG ? 3_600_000 : 120_000)
})

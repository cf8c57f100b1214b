import { DateTime } from 'luxon'
import db from '@adonisjs/lucid/services/db'
import { acceptInvitation, declineInvitation } from '#escrow/answer_invitation'
import { acceptRefund, declineRefund } from '#escrow/answer_refund'
import { approveMilestone } from '#escrow/approve_milestone'
import { cancelDeposit } from '#escrow/cancel_deposit'
import { createProject } from '#escrow/create_project'
import { addDraftMilestone } from '#escrow/edit_draft'
import { addEvidence } from '#escrow/disputes/add_evidence'
import { answerDispute } from '#escrow/disputes/answer_dispute'
import { makeOffer } from '#escrow/disputes/make_offer'
import { openDispute } from '#escrow/disputes/open_dispute'
import { sendDisputeMessage } from '#escrow/disputes/send_dispute_message'
import { fundMilestones } from '#escrow/fund_milestones'
import { invitationToken } from '#escrow/invitation_token'
import { inviteFreelancer } from '#escrow/invite_freelancer'
import { SYSTEM } from '#escrow/record_activity'
import { rejectWork } from '#escrow/reject_work'
import { releasePayment } from '#escrow/release_payment'
import { requestRefund } from '#escrow/request_refund'
import { sendMessage } from '#escrow/send_message'
import { submitWork } from '#escrow/submit_work'
import { uploadDeliverable } from '#escrow/upload_deliverable'
import { formatMinor } from '#ledger/money'
import Deposit from '#models/deposit'
import Dispute from '#models/dispute'
import type Invitation from '#models/invitation'
import Milestone from '#models/milestone'
import Project from '#models/project'
import Transaction, { type PaymentProvider, type Rail } from '#models/transaction'
import type User from '#models/user'
import { providerFor } from '#payments/registry'
import { formWith, letter, paper, picture } from './files.js'
import { openPayoutAccount, type Freelancer } from './people.js'
import { happen } from './stand_ins.js'
import * as words from './words.js'

/** How a payer's means of payment behaves. */
export type Payer = 'pays' | 'is_refused' | 'refund_waits'

const CARDS: Record<Payer, string> = {
  pays: 'pm_card_visa',
  is_refused: 'pm_card_chargeDeclined',
  refund_waits: 'pm_card_pendingRefund',
}

/** A project and its two people: everything that they do goes through the product's own operations. */
export class Scene {
  project!: Project
  milestones: Milestone[] = []
  /** The last deposit. */
  deposit!: Transaction

  /**
   * @param random from 0 to 1, as repeatable as the demo
   * @param clock the time that it is in the story
   */
  constructor(
    readonly client: User,
    readonly freelancer: Freelancer,
    readonly random: () => number,
    private clock: () => Date
  ) {}

  get provider(): PaymentProvider {
    return this.freelancer.provider
  }

  get rail(): Rail {
    return providerFor(this.provider).rail
  }

  /** A number from one up to another, both included. */
  between(from: number, to: number): number {
    return from + Math.floor(this.random() * (to - from + 1))
  }

  oneOf<T>(list: readonly T[]): T {
    return list[Math.floor(this.random() * list.length)]
  }

  /** @param days until the work is due, from now in the story */
  async draft({
    milestones = this.between(1, 3),
    days = this.between(20, 60),
  } = {}): Promise<void> {
    const parts = Array.from({ length: milestones }, () => BigInt(this.between(12, 180) * 1000))
    const deadline = DateTime.fromJSDate(this.clock()).plus({ days })
    this.project = await createProject(this.client, {
      title: words.title(this.random),
      description: this.oneOf(words.DESCRIPTIONS),
      total_amount: decimal(parts.reduce((sum, part) => sum + part, 0n)),
      deadline,
    })
    for (const [index, part] of parts.entries()) {
      const milestone = await addDraftMilestone(this.project.id, {
        by: this.client,
        milestone: {
          title: words.MILESTONES[index % words.MILESTONES.length],
          description: this.oneOf(words.TASKS),
          amount: decimal(part),
          due_date: deadline.minus({ days: (parts.length - 1 - index) * 5 }),
        },
      })
      this.milestones.push(milestone)
    }
  }

  invite(): Promise<Invitation> {
    return inviteFreelancer(this.project.id, { by: this.client, email: this.freelancer.user.email })
  }

  async decline(invitation: Invitation): Promise<void> {
    await declineInvitation(invitationToken(invitation.id), { by: this.freelancer.user })
  }

  async accept(invitation: Invitation): Promise<void> {
    await acceptInvitation(invitationToken(invitation.id), { by: this.freelancer.user })
    this.project = await Project.findOrFail(this.project.id)
  }

  /** Drafted, invited and accepted, by a freelancer who can be paid unless the story says otherwise. */
  async agree(options: { milestones?: number; days?: number; payable?: boolean } = {}) {
    const { payable = true, ...draft } = options
    await this.draft(draft)
    await this.accept(await this.invite())
    if (payable) await this.openAccount()
    await this.say(this.client, words.GREETINGS)
  }

  /** Once, however many projects they have. */
  async openAccount(options?: Parameters<typeof openPayoutAccount>[1]): Promise<void> {
    const { id } = this.freelancer.user
    const has = await db
      .from('payout_accounts')
      .where('user_id', id)
      .whereNull('deleted_at')
      .first()
    if (!has) await openPayoutAccount(this.freelancer, options)
  }

  async say(by: User, lines: readonly string[]): Promise<void> {
    await sendMessage(this.project, { by, body: this.oneOf(lines) })
  }

  /** Starts a deposit for the milestones that have none; nobody has paid it yet. */
  async startDeposit(milestones = this.milestones): Promise<void> {
    const { transaction } = await fundMilestones({
      by: this.client,
      milestoneIds: milestones.map(({ id }) => id),
      paymentProvider: this.provider,
    })
    this.deposit = transaction
  }

  /** The payer does their part. What came of it the provider tells later. */
  async pay(payer: Payer = 'pays'): Promise<void> {
    const { providerTransactionId: id } = await Transaction.findOrFail(this.deposit.id)
    if (this.rail === 'stripe') {
      await happen('stripe', 'confirm', { payment_intent: id, card: CARDS[payer] })
    } else {
      await happen('paypal', 'approve', {
        order: id,
        ...(payer === 'is_refused' && { instrument: 'declined' }),
      })
    }
  }

  async fund(payer?: Payer): Promise<void> {
    await this.startDeposit()
    await this.pay(payer)
  }

  /** Nobody paid in time. */
  async letExpire(): Promise<void> {
    await cancelDeposit(this.deposit.id, {
      actor: SYSTEM,
      failureCode: 'expired',
      failureMessage: 'It was not paid in time.',
    })
  }

  /** Now and then with files. */
  async submit(milestone = this.milestones[0]): Promise<void> {
    const files = this.random() < 0.2 ? await this.upload(milestone) : []
    await submitWork(milestone.id, {
      by: this.freelancer.user,
      work: {
        note: this.oneOf(words.NOTES),
        links: ['https://example.com/preview'],
        deliverable_ids: files,
      },
    })
  }

  async upload(milestone: Milestone): Promise<string[]> {
    const by = this.freelancer.user
    const current = await Milestone.findOrFail(milestone.id)
    const made = []
    for (const file of [
      await picture('preview.png', this.between(0, 3)),
      letter('read me.txt', this.oneOf(words.NOTES)),
    ]) {
      made.push(await uploadDeliverable(current, { by, request: await formWith(file) }))
    }
    return made.map(({ id }) => id)
  }

  async approve(milestone = this.milestones[0]): Promise<void> {
    await approveMilestone(milestone.id, { by: this.client })
  }

  async reject(milestone = this.milestones[0]): Promise<void> {
    await rejectWork(milestone.id, { by: this.client, reason: this.oneOf(words.REASONS) })
  }

  /** Without waiting for work. @param share of what is held, in percent */
  async release(milestone = this.milestones[0], share = 100): Promise<void> {
    const amount = decimal((milestone.amount * BigInt(share)) / 100n)
    await releasePayment(milestone.id, { by: this.client, ...(share < 100 && { amount }) })
  }

  /** @param share in percent of the milestone */
  async askBack(milestone = this.milestones[0], share = 100): Promise<string> {
    const amount = decimal((milestone.amount * BigInt(share)) / 100n)
    const { id } = await requestRefund(milestone.id, {
      by: this.client,
      reason: this.oneOf(words.REFUND_REASONS),
      ...(share < 100 && { amount }),
    })
    return id
  }

  async giveBack(refundRequest: string): Promise<void> {
    await acceptRefund(refundRequest, { by: this.freelancer.user })
  }

  async keep(refundRequest: string): Promise<void> {
    await declineRefund(refundRequest, { by: this.freelancer.user })
  }

  /** The payer's bank takes its time with whatever goes back. By PayPal only. */
  async refundSlowly(): Promise<void> {
    const { chargeId } = await Deposit.findByOrFail('transaction_id', this.deposit.id)
    await happen('paypal', 'refund_slowly', { capture: chargeId })
  }

  /** What the provider calls the refund of this project that it knows of. */
  async refundAtProvider(): Promise<string> {
    const { providerTransactionId } = await this.#transaction('refund')
    return providerTransactionId
  }

  /** What the provider calls the last payout of this project. */
  async payoutAtProvider(): Promise<string> {
    const { providerTransactionId } = await this.#transaction('payout')
    return providerTransactionId
  }

  /** The payer goes to their bank. Answers what the provider calls the dispute. */
  async disputeCharge({ inquiry = false } = {}): Promise<string> {
    const { chargeId } = await Deposit.findByOrFail('transaction_id', this.deposit.id)
    const { dispute } =
      this.rail === 'stripe'
        ? await happen('stripe', 'open_dispute', {
            charge: chargeId,
            ...(inquiry && { status: 'warning_needs_response' }),
          })
        : await happen('paypal', 'open_dispute', {
            capture: chargeId,
            ...(inquiry && { stage: 'INQUIRY' }),
          })
    return dispute
  }

  /** The bank decides. */
  async decideCharge(dispute: string, outcome: 'won' | 'lost'): Promise<void> {
    if (this.rail === 'stripe') await happen('stripe', 'close_dispute', { dispute, outcome })
    else {
      const resolution = outcome === 'won' ? 'seller' : 'buyer'
      await happen('paypal', 'resolve_dispute', { dispute, resolution })
    }
  }

  /** One side is not content. @param share that the client is to get back, in percent */
  async openDispute(by: User, milestone = this.milestones[0], share = 100): Promise<Dispute> {
    const askedAmount = decimal((milestone.amount * BigInt(share)) / 100n)
    return openDispute(milestone.id, { by, reason: this.oneOf(words.COMPLAINTS), askedAmount })
  }

  async answerDispute({ id }: Dispute): Promise<void> {
    await answerDispute(id, { by: this.freelancer.user, body: this.oneOf(words.ANSWERS) })
  }

  /** Both write, and show what they have. */
  async argue({ id }: Dispute): Promise<void> {
    const [client, freelancer] = [this.client, this.freelancer.user]
    await sendDisputeMessage(id, { by: client, body: this.oneOf(words.COMPLAINTS) })
    await sendDisputeMessage(id, { by: freelancer, body: this.oneOf(words.ANSWERS) })
    for (const [by, file] of [
      [client, await picture('what-we-got.png', this.between(0, 3))],
      [freelancer, letter('what-was-agreed.txt', words.AGREEMENT)],
      [freelancer, await paper('hours.pdf', words.HOURS)],
    ] as const) {
      await addEvidence(await Dispute.findOrFail(id), { by, request: await formWith(file) })
    }
  }

  /** @param share that the freelancer gets, in percent of the milestone */
  async offer({ id }: Dispute, by: User, share: number, milestone = this.milestones[0]) {
    const toFreelancer = decimal((milestone.amount * BigInt(share)) / 100n)
    return makeOffer(id, { by, toFreelancer, note: this.oneOf(words.OFFERS) })
  }

  async #transaction(type: 'refund' | 'payout'): Promise<Transaction> {
    return Transaction.query()
      .where('transaction_type', type)
      .where('deposit_id', this.deposit.id)
      .orderBy('id', 'desc')
      .firstOrFail()
  }
}

const decimal = (minor: bigint) => formatMinor(minor, 'USD')

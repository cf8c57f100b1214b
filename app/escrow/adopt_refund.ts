import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { ApprovalKind } from '#approvals/approval_kind'
import { notFound, unprocessable, wrongState } from '#exceptions/problem'
import { escrowTotals } from '#ledger/balances'
import { accounts } from '#ledger/chart_of_accounts'
import { Money } from '#ledger/money'
import { credit, debit } from '#ledger/post_entries'
import { providerOfRail } from '#payments/registry'
import type { ProviderMovement } from '#payments/provider'
import Deposit from '#models/deposit'
import type Transaction from '#models/transaction'
import type { Rail } from '#models/transaction'
import { notify } from '#notifications/notify'
import { applyRefund } from '#escrow/apply_refund'
import { fundedBy, thawDeposit } from '#escrow/chargebacks/freeze'
import { aboutMilestone, inWords } from '#escrow/about'
import { closeMilestone } from '#escrow/close_milestone'
import { completeIfDone } from '#escrow/complete_project'
import { fitDispute } from '#escrow/disputes/fit_dispute'
import { depositOf } from '#escrow/held_money'
import { lockMilestone, lockTransaction } from '#escrow/locks'
import { SYSTEM } from '#escrow/record_activity'
import { bookRefundStarted, createRefund } from '#escrow/start_refund'
import { syncDisputed } from '#escrow/sync_disputed'

export interface RefundThere {
  rail: Rail
  /** What the provider calls the refund. */
  refund_id: string
}

/**
 * Taking a refund that somebody made at the provider for one of ours: it comes out of what a milestone
 * holds, and the deposit thaws when all that went back past us is explained. The subject is the milestone.
 * Refused are 404; 409 `already_adopted`, `not_refunded_elsewhere` if the deposit misses less than that;
 * 422 if the milestone holds less; and what the provider does not show now (`ProviderFailure`).
 */
export const refundAdoption: ApprovalKind<RefundThere, ProviderMovement> = {
  name: 'refund_adoption',
  about: 'Adopt a refund made elsewhere',
  subjectType: 'milestone',
  proposes: 'refund.adopt',
  approves: 'money.approve',

  prepare: (_, { rail, refund_id: id }) => providerOfRail(rail).getRefund(id),

  async lock(trx, milestoneId, there, movement) {
    const { deposit, missing, totals } = await lockAdoption(trx, milestoneId, there)
    await assertUnknown(trx, there)
    if (movement.amount.currency !== deposit.currency || movement.amount.compare(missing) > 0) {
      throw wrongState(
        `Of this deposit ${missing} went back past us; ${there.refund_id} is about ${movement.amount}.`,
        deposit.status,
        { code: 'not_refunded_elsewhere' }
      )
    }
    if (totals.held.compare(movement.amount) < 0) {
      throw unprocessable('milestone', 'held', `The milestone holds ${totals.held} only.`)
    }
    return { amount: movement.amount, payee: `user:${deposit.userId}`, version: missing.minor }
  },

  async carryOut(trx, approval) {
    const there = approval.content as RefundThere
    const found = await lockAdoption(trx, approval.subjectId, there)
    const { project, milestone, deposit, missing, totals } = found
    const amount = approval.money
    const refunding = {
      project,
      deposit,
      milestoneId: milestone.id,
      amount,
      from: accounts.escrow(milestone.id),
      reason: approval.reason,
      actor: SYSTEM,
    }
    const refund = await createRefund(trx, refunding)
    // First: what is disputed leaves escrow for a refund only if that was adopted.
    await trx
      .table('refund_adoptions')
      .insert({ transaction_id: refund.id, approval_id: approval.id })
    await bookRefundStarted(trx, refunding, refund)
    // The provider has it: nobody may send it.
    await trx
      .from('transactions')
      .where('id', refund.id)
      .update({ provider_transaction_id: there.refund_id, sent_at: trx.raw('now()') })
    await trx
      .from('deposits')
      .where('transaction_id', deposit.id)
      .update({ refunded_elsewhere: missing.subtract(amount).minor.toString() })
    if (totals.held.equals(amount)) {
      await closeMilestone(trx, milestone, 'refunded', SYSTEM, {
        released: totals.released.isPositive,
      })
    }
    const siblings = await project.related('milestones').query().useTransaction(trx)
    await thawDeposit({
      trx,
      deposit,
      project,
      milestones: await fundedBy(trx, deposit.id, siblings),
    })
    const left = totals.held.subtract(amount)
    await fitDispute(trx, { project, milestone }, left, 'refunded_elsewhere')
    await completeIfDone(trx, await syncDisputed(trx, project.id), SYSTEM)
    // The client hears of it once it has arrived.
    await notify(trx, {
      userId: project.freelancerId!,
      kind: 'refund.adopted',
      data: {
        ...aboutMilestone(project, milestone),
        ...inWords(amount),
        transaction_id: refund.id,
      },
    })
  },

  async afterwards({ content }, movement) {
    await applyRefund(providerOfRail((content as RefundThere).rail), movement)
  },

  async preview(_, { subjectId, content, money }) {
    const inTransit = accounts.refundInTransit('new')
    const { rail, refund_id: id } = content as RefundThere
    return [
      {
        reference: `refund_started:${id}`,
        kind: 'refund_started',
        postings: [debit(accounts.escrow(subjectId), money), credit(inTransit, money)],
      },
      {
        reference: `refund_succeeded:${id}`,
        kind: 'refund_succeeded',
        postings: [debit(inTransit, money), credit(accounts.clearing(rail), money)],
      },
    ]
  },
}

/** Locks the milestone and its deposit, and reads what of that is missing. */
async function lockAdoption(trx: TransactionClientContract, id: string, { rail }: RefundThere) {
  const { project, milestone } = await lockMilestone(trx, id)
  const { id: depositId } = await depositOf(trx, milestone)
  const deposit: Transaction = await lockTransaction(trx, depositId)
  if (deposit.rail !== rail) throw notFound('deposit on that rail')
  const { refundedElsewhere } = await Deposit.query({ client: trx })
    .where('transaction_id', deposit.id)
    .firstOrFail()
  const [totals] = await escrowTotals(trx, [milestone.id])
  const missing = Money.of(refundedElsewhere, deposit.currency)
  return { project, milestone, deposit, missing, totals }
}

/** @throws Problem 409 `already_adopted` */
async function assertUnknown(
  trx: TransactionClientContract,
  { rail, refund_id: id }: RefundThere
): Promise<void> {
  const row = await trx
    .from('transactions')
    .where({ rail, transaction_type: 'refund', provider_transaction_id: id })
    .first()
  if (!row) return
  throw wrongState(`${id} is our refund ${row.id} already.`, row.status, {
    code: 'already_adopted',
  })
}

import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { ApprovalKind } from '#approvals/approval_kind'
import { unprocessable, wrongState } from '#exceptions/problem'
import { accounts } from '#ledger/chart_of_accounts'
import type { Money } from '#ledger/money'
import { credit, debit, postEntries } from '#ledger/post_entries'
import type Approval from '#models/approval'
import Chargeback from '#models/chargeback'
import DebtWriteOff from '#models/debt_write_off'
import { notify } from '#notifications/notify'
import { aboutProject, inWords } from '#escrow/about'
import { recordActivity, SYSTEM } from '#escrow/record_activity'
import { toMoney } from '#validators/money'
import { debtsOf, lockDebts } from '#escrow/chargebacks/debts'
import { findChargeback, lockChargeback } from '#escrow/chargebacks/find_chargeback'

/** `amount`: decimal in the deposit's currency; without it, all that is owed. */
export interface WriteOff {
  amount?: string
}

/**
 * Giving up what a freelancer owes us for a lost chargeback, in whole or in part: it becomes our loss. The
 * subject is the chargeback. Refused are 404; 409 `nothing_owed`; 422 for more than is owed.
 */
export const debtWriteOff: ApprovalKind<WriteOff> = {
  name: 'debt_write_off',
  about: 'Write off a debt',
  subjectType: 'chargeback',
  proposes: 'debt.write_off',
  approves: 'money.approve',

  async lock(trx, chargebackId, { amount }) {
    const { chargeback, deposit, project } = await lockChargeback(
      trx,
      await findChargeback(chargebackId, trx)
    )
    const userId = project.freelancerId!
    const part = amount && toMoney('amount', amount, deposit.currency)
    await lockDebts(trx, userId, deposit.currency)
    const debts = await debtsOf(trx, userId, deposit.currency)
    const owed = debts.find((debt) => debt.chargebackId === chargeback.id)?.outstanding
    if (!owed?.isPositive) {
      throw wrongState('Nothing is owed for this chargeback.', chargeback.state, {
        code: 'nothing_owed',
      })
    }
    if (part && part.compare(owed) > 0) {
      throw unprocessable('amount', 'owed', `Only ${owed} is owed for this chargeback.`)
    }
    // Of what is owed, whoever approves must know how much that is.
    return { amount: part || owed, payee: `user:${userId}`, version: owed.minor }
  },

  async carryOut(trx, approval) {
    const chargeback = await Chargeback.findOrFail(approval.subjectId, { client: trx })
    const { deposit, project } = await lockChargeback(trx, chargeback)
    const userId = project.freelancerId!
    const amount = approval.money
    const row = await writeDown(trx, approval)
    await postEntries(trx, [
      {
        reference: `debt_written_off:${row.id}`,
        kind: 'debt_written_off',
        depositId: deposit.id,
        postings: postingsOf(userId, amount),
      },
    ])
    await recordActivity(trx, {
      projectId: project.id,
      milestoneId: deposit.milestoneId,
      subject: { type: 'chargeback', id: chargeback.id },
      actor: SYSTEM,
      action: 'debt.written_off',
      details: inWords(amount),
    })
    await notify(trx, {
      userId,
      kind: 'debt.written_off',
      data: { ...aboutProject(project), ...inWords(amount), chargeback_id: chargeback.id },
    })
  },

  async preview(_, { id, payee, money }) {
    const userId = payee.slice('user:'.length)
    return [
      {
        reference: `debt_written_off:${id}`,
        kind: 'debt_written_off',
        postings: postingsOf(userId, money),
      },
    ]
  },
}

function postingsOf(userId: string, amount: Money) {
  return [
    debit(accounts.chargebackLoss(), amount),
    credit(accounts.freelancerReceivable(userId), amount),
  ]
}

async function writeDown(
  trx: TransactionClientContract,
  approval: Approval
): Promise<DebtWriteOff> {
  const row = await DebtWriteOff.create(
    {
      chargebackId: approval.subjectId,
      amount: approval.amount,
      currency: approval.currency,
      reason: approval.reason,
      writtenOffBy: `staff:${approval.proposedBy}`,
      reference: `approval:${approval.id}`,
      approvalId: approval.id,
    },
    { client: trx }
  )
  await row.refresh()
  return row
}

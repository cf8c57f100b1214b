import { inTransaction } from '#database/transaction'
import { Problem, unprocessable, wrongState } from '#exceptions/problem'
import { accounts } from '#ledger/chart_of_accounts'
import { credit, debit, postEntries } from '#ledger/post_entries'
import DebtWriteOff from '#models/debt_write_off'
import { notify } from '#notifications/notify'
import { aboutProject, inWords } from '#escrow/about'
import { recordActivity, SYSTEM } from '#escrow/record_activity'
import { toMoney } from '#validators/money'
import { debtsOf, lockDebts } from '#escrow/chargebacks/debts'
import { findChargeback, lockChargeback } from '#escrow/chargebacks/find_chargeback'

/**
 * Gives up what a freelancer owes us for a lost chargeback, in whole or in part: it becomes our loss.
 *
 * @param input.amount decimal in the deposit's currency; without it, all that is still owed
 * @param input.by who decided it
 * @param input.reference of the decision; it takes effect once, however often this is called
 * @returns the write-off, the one from before if this reference was used already
 * @throws Problem 404; 409 `nothing_owed`, or `reference_reused` for another decision; 422 more than is owed
 */
export async function writeOffDebt(
  chargebackId: string,
  input: { amount?: string; reason: string; by: string; reference: string }
): Promise<DebtWriteOff> {
  const found = await findChargeback(chargebackId)
  return inTransaction(async (trx) => {
    const { chargeback, deposit, project } = await lockChargeback(trx, found)
    const userId = project.freelancerId!
    await lockDebts(trx, userId, deposit.currency)
    const amount = input.amount && toMoney('amount', input.amount, deposit.currency)
    const before = await DebtWriteOff.query({ client: trx })
      .where('reference', input.reference)
      .first()
    if (before) {
      const same = before.chargebackId === chargeback.id && before.reason === input.reason
      if (same && (!amount || amount.minor === before.amount)) return before
      throw new Problem('This reference stands for another write-off.', {
        code: 'reference_reused',
        status: 409,
      })
    }
    const debts = await debtsOf(trx, userId, deposit.currency)
    const owed = debts.find((debt) => debt.chargebackId === chargeback.id)?.outstanding
    if (!owed?.isPositive) {
      throw wrongState('Nothing is owed for this chargeback.', chargeback.state, {
        code: 'nothing_owed',
      })
    }
    const part = amount || owed
    if (part.compare(owed) > 0) {
      throw unprocessable('amount', 'owed', `Only ${owed} is owed for this chargeback.`)
    }
    const row = await DebtWriteOff.create(
      {
        chargebackId: chargeback.id,
        amount: part.minor,
        currency: part.currency,
        reason: input.reason,
        writtenOffBy: input.by,
        reference: input.reference,
      },
      { client: trx }
    )
    await row.refresh()
    await postEntries(trx, [
      {
        reference: `debt_written_off:${row.id}`,
        kind: 'debt_written_off',
        depositId: deposit.id,
        postings: [
          debit(accounts.chargebackLoss(), part),
          credit(accounts.freelancerReceivable(userId), part),
        ],
      },
    ])
    await recordActivity(trx, {
      projectId: project.id,
      milestoneId: deposit.milestoneId,
      subject: { type: 'chargeback', id: chargeback.id },
      actor: SYSTEM,
      action: 'debt.written_off',
      details: inWords(part),
    })
    await notify(trx, {
      userId,
      kind: 'debt.written_off',
      data: { ...aboutProject(project), ...inWords(part), chargeback_id: chargeback.id },
    })
    return row
  })
}

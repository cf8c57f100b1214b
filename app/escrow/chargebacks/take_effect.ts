import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { postEntries } from '#ledger/post_entries'
import Chargeback from '#models/chargeback'
import Release from '#models/release'
import {
  bookedLoss,
  lossOf,
  planLoss,
  type LockedChargeback,
  type LossPlan,
} from '#escrow/chargebacks/book_loss'
import { lastWithdrawal } from '#escrow/chargebacks/book_movements'
import { lockChargeback } from '#escrow/chargebacks/find_chargeback'
import { fitMilestones } from '#escrow/chargebacks/fit_milestones'
import { accounts } from '#ledger/chart_of_accounts'
import { offsetDebt } from '#escrow/chargebacks/offset_debt'
import { tellOfDebt } from '#escrow/chargebacks/tell'
import { payFree } from '#escrow/pay_free'

/**
 * What follows from a loss that was posted, or reversed: the freelancer's debt is set off, what they are
 * owed again is paid to them, and milestones are open or closed by what they hold now.
 */
export async function takeEffect(locked: LockedChargeback, loss: LossPlan): Promise<void> {
  const { trx, chargeback, deposit, project } = locked
  const userId = project.freelancerId!
  await offsetDebt(trx, userId, deposit.currency)
  if (loss.givenBack.isPositive) {
    const { milestoneId } = await Release.query({ client: trx })
      .where('deposit_id', deposit.id)
      .orderBy('id')
      .firstOrFail()
    const payout = { origin: { chargebackId: chargeback.id }, deposit, milestoneId, userId }
    await payFree(trx, payout, loss.givenBack)
  }
  await fitMilestones(locked)
}

/**
 * A refund that was on its way when a loss of its deposit was booked has failed: it is owed to a payer who
 * has the money from their bank. The loss takes it from there instead of from us.
 *
 * @param depositId with its project's lock held
 */
export async function retakeLosses(
  trx: TransactionClientContract,
  depositId: string
): Promise<void> {
  const lost = await Chargeback.query({ client: trx })
    .where('deposit_id', depositId)
    .where('state', 'lost')
    .orderBy('id')
  for (const found of lost) {
    const locked = await lockChargeback(trx, found)
    const booked = await bookedLoss(trx, found.id)
    if (!booked.shares.has(accounts.chargebackLoss())) continue
    const loss = await planLoss(
      locked,
      booked,
      lossOf(booked, locked.deposit.currency),
      (await lastWithdrawal(locked))!
    )
    await postEntries(trx, loss.entries)
    await takeEffect(locked, loss)
    await tellOfDebt(locked, loss)
  }
}

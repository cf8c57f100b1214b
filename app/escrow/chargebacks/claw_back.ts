import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import db from '@adonisjs/lucid/services/db'
import logger from '@adonisjs/core/services/logger'
import { recordAudit, type Act } from '#audit/record_audit'
import { inTransaction } from '#database/transaction'
import { unprocessable, wrongState } from '#exceptions/problem'
import { Money } from '#ledger/money'
import { ProviderFailure, providerKey, type ProviderMovement } from '#payments/provider'
import { providerFor } from '#payments/registry'
import ClawBack from '#models/claw_back'
import Transaction from '#models/transaction'
import { toMoney } from '#validators/money'
import { applyPayout } from '#escrow/apply_payout'
import type { LockedChargeback } from '#escrow/chargebacks/book_loss'
import { debtsOf, lockDebts } from '#escrow/chargebacks/debts'
import { findChargeback, lockChargeback } from '#escrow/chargebacks/find_chargeback'
import { smaller } from '#escrow/chargebacks/loss_shares'
import { payFree } from '#escrow/pay_free'

/**
 * Takes what a freelancer owes for a lost chargeback back from their balance at the provider, out of the
 * payouts of the disputed payment. In three phases, as every movement of money: what is wanted of which
 * payout is recorded first; then the provider is asked, under that record's key; then its answer is.
 *
 * What comes back is a payout that was returned, whoever tells of it first, this or a webhook: it becomes
 * payable, and payable settles debts at once.
 *
 * @param input.amount decimal in the deposit's currency; without it, all that is still owed
 * @param input.owed decimal that they were shown as owed; refused if that has changed
 * @param act who wants it, and why; nothing is written of it where a pending one is gone on with
 * @returns the claw-backs of this chargeback that are or were pending, as they are afterwards
 * @throws Problem 404; 409 `nothing_owed`, `nothing_to_claw_back`; 422 more than is owed
 */
export async function clawBack(
  chargebackId: string,
  input: { amount?: string; owed?: string },
  act: Act
): Promise<ClawBack[]> {
  const found = await findChargeback(chargebackId)
  const ids = await inTransaction(async (trx) =>
    begin(await lockChargeback(trx, found), input, act)
  )
  for (const id of ids) await settleClawBack(id)
  return ClawBack.query().whereIn('id', ids).orderBy('id')
}

/** Those that are pending already are gone on with, and nothing more is asked for beside them. */
async function begin(
  locked: LockedChargeback,
  input: { amount?: string; owed?: string },
  act: Act
): Promise<string[]> {
  const { trx, chargeback, deposit, project } = locked
  const pending = await trx
    .from('claw_backs')
    .where('chargeback_id', chargeback.id)
    .where('state', 'pending')
    .orderBy('id')
    .select('id')
  if (pending.length > 0) return pending.map(({ id }) => id)

  await lockDebts(trx, project.freelancerId!, deposit.currency)
  const debts = await debtsOf(trx, project.freelancerId!, deposit.currency)
  const owed = debts.find((debt) => debt.chargebackId === chargeback.id)?.outstanding
  if (!owed?.isPositive) {
    throw wrongState('Nothing is owed for this chargeback.', chargeback.state, {
      code: 'nothing_owed',
    })
  }
  if (input.owed && !toMoney('owed', input.owed, deposit.currency).equals(owed)) {
    throw wrongState(`${owed} is owed by now. Look again before you take it.`, chargeback.state, {
      code: 'debt_changed',
    })
  }
  const wanted = input.amount ? toMoney('amount', input.amount, deposit.currency) : owed
  if (wanted.compare(owed) > 0) {
    throw unprocessable('amount', 'owed', `Only ${owed} is owed for this chargeback.`)
  }
  let rest = wanted
  const ids: string[] = []
  for (const payout of await payoutsLeft(locked)) {
    const part = smaller(rest, Money.of(payout.left_over, deposit.currency))
    if (!part.isPositive) break
    const { id } = await ClawBack.create(
      {
        chargebackId: chargeback.id,
        payoutId: payout.id,
        amount: part.minor,
        currency: part.currency,
        state: 'pending',
        requestedBy: nameOf(act),
      },
      { client: trx }
    ).then((row) => row.refresh())
    ids.push(id)
    rest = rest.subtract(part)
  }
  if (ids.length === 0) {
    throw wrongState('No payout of this payment is left to take back.', chargeback.state, {
      code: 'nothing_to_claw_back',
    })
  }
  const asked = wanted.subtract(rest)
  await recordAudit(trx, {
    ...act,
    action: 'debt.claw_back_started',
    target: { type: 'chargeback', id: chargeback.id },
    before: { owed: owed.toDecimal() },
    after: { claw_backs: ids, amount: asked.toDecimal(), currency: asked.currency },
  })
  return ids
}

/** Who wants it, as the row keeps it. */
function nameOf({ actor }: Act): string {
  if (actor.type === 'operator') return actor.name
  return actor.type === 'staff' ? `staff:${actor.id}` : 'system'
}

/** The payouts of the disputed payment, and what of them is still with their freelancer. */
async function payoutsLeft({
  trx,
  deposit,
}: LockedChargeback): Promise<{ id: string; left_over: bigint }[]> {
  const { rows } = await trx.rawQuery(
    `SELECT t.id, t.amount - p.returned_amount AS left_over
       FROM payouts p JOIN transactions t ON t.id = p.transaction_id
      WHERE t.deposit_id = ? AND p.state IN ('paid', 'returned') AND t.amount > p.returned_amount
        AND NOT EXISTS (SELECT FROM claw_backs WHERE payout_id = t.id AND state = 'pending')
      ORDER BY t.id`,
    [deposit.id]
  )
  return rows
}

/**
 * Asks the provider for a pending claw-back, or again under the same key while its outcome is unknown, and
 * records the answer. Safe to repeat at any time.
 */
export async function settleClawBack(id: string): Promise<void> {
  await db
    .from('claw_backs')
    .where('id', id)
    .where('state', 'pending')
    .whereNull('sent_at')
    .update({ sent_at: db.raw('now()') })
  const row = await ClawBack.findOrFail(id)
  if (row.state !== 'pending') return
  const payout = await Transaction.findOrFail(row.payoutId)
  const provider = providerFor(payout.paymentProvider)
  let movement: ProviderMovement | undefined
  try {
    movement = await provider.reversePayout(
      payout.providerTransactionId,
      Money.of(row.amount, row.currency),
      providerKey(row.id, 1, 'claw_back')
    )
  } catch (failure) {
    if (!(failure instanceof ProviderFailure)) throw failure
    if (failure.kind === 'declined') await fail(row, failure.code, failure.message)
    else logger.warn({ clawBackId: id, code: failure.code }, 'the provider gave no answer')
    return
  }
  if (!movement) {
    await fail(row, 'not_supported', 'This rail takes no payout back.')
    return
  }
  await applyPayout(provider, movement)
  await succeed(row, payout)
}

async function fail(row: ClawBack, code: string, message: string): Promise<void> {
  await db
    .from('claw_backs')
    .where('id', row.id)
    .where('state', 'pending')
    .update({
      state: 'failed',
      failure_code: code,
      failure_message: message.slice(0, 500),
      settled_at: db.raw('now()'),
    })
}

async function succeed(row: ClawBack, payout: Transaction): Promise<void> {
  const found = await findChargeback(row.chargebackId)
  await inTransaction(async (trx) => {
    const locked = await lockChargeback(trx, found)
    const updated = await trx
      .from('claw_backs')
      .where('id', row.id)
      .where('state', 'pending')
      .update({ state: 'succeeded', settled_at: db.raw('now()') })
      .returning('id')
    if (updated.length > 0) await payBackSurplus(trx, locked, row, payout)
  })
}

/**
 * The debt may have been settled another way while the provider was asked. Then what came back is owed to
 * the freelancer, and on no payout.
 */
async function payBackSurplus(
  trx: TransactionClientContract,
  { chargeback, deposit, project }: LockedChargeback,
  row: ClawBack,
  payout: Transaction
): Promise<void> {
  const userId = project.freelancerId!
  await lockDebts(trx, userId, row.currency)
  const recovered = {
    origin: { chargebackId: chargeback.id },
    deposit,
    milestoneId: payout.milestoneId!,
    userId,
  }
  await payFree(trx, recovered, Money.of(row.amount, row.currency))
}

/** Goes on with every claw-back whose outcome is unknown. */
export async function settleClawBacks(signal?: AbortSignal): Promise<void> {
  const rows = await db.from('claw_backs').where('state', 'pending').orderBy('id').select('id')
  for (const { id } of rows) {
    if (signal?.aborted) return
    try {
      await settleClawBack(id)
    } catch (error) {
      logger.error({ err: error, clawBackId: id }, 'settling a claw-back failed')
    }
  }
}

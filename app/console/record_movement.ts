import db from '@adonisjs/lucid/services/db'
import type { Act } from '#audit/record_audit'
import { money } from '#console/formats'
import { inTransaction } from '#database/transaction'
import { recordTreasury, type Treasury } from '#escrow/record_treasury'
import { unprocessable } from '#exceptions/problem'
import { ReferenceReused } from '#ledger/post_entries'
import { toMoney } from '#validators/money'

interface Movement extends Omit<Treasury, 'amount'> {
  /** In major units. */
  amount: string
  currency: string
}

/**
 * Books a movement between us, our bank and a rail, as a form has it.
 *
 * @returns whether it was booked now; not if it was before
 * @throws Problem 422 for an amount that the currency does not have, and for a reference of another movement
 */
export async function recordMovement(
  { amount, currency, ...movement }: Movement,
  act: Act
): Promise<boolean> {
  const treasury = { ...movement, amount: toMoney('amount', amount, currency) }
  try {
    const { isNew } = await inTransaction((trx) => recordTreasury(trx, treasury, act))
    return isNew
  } catch (error) {
    if (!(error instanceof ReferenceReused)) throw error
    throw await reused(treasury)
  }
}

/** Says what the reference stands for. */
async function reused({ rail, reference }: Treasury) {
  const before = await db
    .from('transactions')
    .where({ rail, transaction_type: 'treasury', provider_transaction_id: reference })
    .firstOrFail()
  const entry = await db
    .from('journal_entries')
    .where('reference', `treasury:${before.id}`)
    .firstOrFail()
  const what = `${entry.kind.replaceAll('_', ' ')} of ${money(before.amount, before.currency)}`
  return unprocessable(
    'reference',
    'reference_used',
    `${reference} is booked on ${rail} already, as ${what}. Nothing was booked; compare it with the provider.`
  )
}

import { validate as isUuid } from 'uuid'
import db from '@adonisjs/lucid/services/db'
import { proposeCorrectingEntry } from '#escrow/correcting_entry'
import { notFound, unprocessable } from '#exceptions/problem'
import { InvalidAmount, Money } from '#ledger/money'
import type Approval from '#models/approval'

interface Wanted {
  debit: string
  credit: string
  /** In major units of the break's currency. */
  amount: string
  explains?: string
}

/**
 * Proposes the entry that settles a break, as a form has it: one debit and one credit in its currency.
 *
 * @throws Problem 404; 422 for an amount that the currency does not have; and as `proposeCorrectingEntry`
 */
export async function proposeCorrection(
  breakId: string,
  { debit, credit, amount, explains }: Wanted,
  who: { by: string; reason: string }
): Promise<Approval> {
  const found =
    isUuid(breakId) && (await db.from('reconciliation_breaks').where('id', breakId).first())
  if (!found) throw notFound('break')
  if (debit === credit) {
    throw unprocessable('credit', 'different', 'Choose another account than the one to debit.')
  }
  const minor = minorOf(amount, found.currency)
  const happened: Date = found.happened_at
  return proposeCorrectingEntry(
    {
      currency: found.currency,
      postings: [
        { account: debit, direction: 'debit', amount: minor },
        { account: credit, direction: 'credit', amount: minor },
      ],
      break_id: breakId,
      ...(explains && { explains }),
      event_at: happened.toISOString(),
    },
    who
  )
}

function minorOf(amount: string, currency: string): string {
  try {
    return Money.parse(amount, currency).minor.toString()
  } catch (error) {
    if (error instanceof InvalidAmount) throw unprocessable('amount', 'amount', error.message)
    throw error
  }
}

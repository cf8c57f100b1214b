import { validate as isUuid } from 'uuid'
import db from '@adonisjs/lucid/services/db'
import { proposeCorrectingEntry, type Correction } from '#escrow/correcting_entry'
import { notFound, unprocessable, wrongState } from '#exceptions/problem'
import { InvalidAmount, Money } from '#ledger/money'
import type Approval from '#models/approval'

interface Wanted {
  debit: string
  credit: string
  /** In major units. */
  amount: string
  explains?: string
}

interface Who {
  /** Id of the member of the staff. */
  by: string
  reason: string
}

/**
 * Proposes the entry that settles a break, as a form has it: one debit and one credit in its currency.
 *
 * @throws Problem 404; 422 for an amount that the currency does not have; and as `proposeCorrectingEntry`
 */
export async function proposeCorrection(
  breakId: string,
  wanted: Wanted,
  who: Who
): Promise<Approval> {
  const found =
    isUuid(breakId) && (await db.from('reconciliation_breaks').where('id', breakId).first())
  if (!found) throw notFound('break')
  const happened: Date = found.happened_at
  const about = { break_id: breakId, event_at: happened.toISOString() }
  return proposeCorrectingEntry({ ...contentOf(wanted, found.currency), ...about }, who)
}

/**
 * Proposes an entry that settles no break.
 *
 * @param formId an id of the form that was sent: it proposes once, however often it is sent
 * @throws Problem 409 `already_proposed`; and as `proposeCorrection`
 */
export async function proposeFreeCorrection(
  formId: string,
  { currency, ...wanted }: Wanted & { currency: string },
  who: Who
): Promise<Approval> {
  const content = contentOf(wanted, currency)
  const before = await db.from('approvals').where('subject_id', formId).first()
  if (before) {
    throw wrongState(
      `This form was sent already: it is the proposal ${before.id}, which is ${before.status}.`,
      before.status,
      { code: 'already_proposed' }
    )
  }
  return proposeCorrectingEntry(content, { ...who, subjectId: formId })
}

function contentOf({ debit, credit, amount, explains }: Wanted, currency: string): Correction {
  if (debit === credit) {
    throw unprocessable('credit', 'different', 'Choose another account than the one to debit.')
  }
  const minor = minorOf(amount, currency)
  return {
    currency,
    postings: [
      { account: debit, direction: 'debit', amount: minor },
      { account: credit, direction: 'credit', amount: minor },
    ],
    ...(explains && { explains }),
  }
}

function minorOf(amount: string, currency: string): string {
  try {
    return Money.parse(amount, currency).minor.toString()
  } catch (error) {
    if (error instanceof InvalidAmount) throw unprocessable('amount', 'amount', error.message)
    throw error
  }
}

import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { recordAudit, type Act } from '#audit/record_audit'
import { accounts } from '#ledger/chart_of_accounts'
import type { Money } from '#ledger/money'
import { credit, debit, postEntries, type JournalEntryInput } from '#ledger/post_entries'
import Transaction, { type Rail } from '#models/transaction'
import { wakeWhatWaitsForBalance } from '#escrow/wake_for_balance'

export interface Treasury {
  /**
   * opening_float: we put capital in, and on the rail. top_up: from the bank to the rail.
   * withdrawal: from the rail to the bank.
   */
  kind: 'opening_float' | 'top_up' | 'withdrawal'
  rail: Rail
  /** Above zero. */
  amount: Money
  /** What the bank or the rail calls this movement; what makes it be booked once. */
  reference: string
}

/**
 * Books money that moved between us, our bank and a rail. It belongs to no project, and no provider
 * is asked: it has happened already.
 *
 * Money that comes onto a rail wakes the payouts and refunds that wait for its balance.
 *
 * @returns its transaction, the one from before if this reference was booked already, and which it was
 * @throws ReferenceReused if that one was about something else
 */
export async function recordTreasury(
  trx: TransactionClientContract,
  { kind, rail, amount, reference }: Treasury,
  act: Act
): Promise<{ transaction: Transaction; isNew: boolean }> {
  await trx.rawQuery(
    `INSERT INTO transactions (transaction_type, payment_provider, rail, provider_transaction_id, status,
        amount, currency, completed_at)
      VALUES ('treasury', :rail, :rail, :reference, 'completed', :amount, :currency, now())
      ON CONFLICT (rail, transaction_type, provider_transaction_id) WHERE provider_transaction_id <> ''
      DO NOTHING`,
    { rail, reference, amount: amount.minor.toString(), currency: amount.currency }
  )
  const transaction = await Transaction.query({ client: trx })
    .where({ rail, transactionType: 'treasury', providerTransactionId: reference })
    .firstOrFail()
  const posted = await postEntries(trx, entriesOf(kind, rail, amount, transaction.id))
  const isNew = posted.some(({ inserted }) => inserted)
  if (isNew) {
    await recordAudit(trx, {
      ...act,
      action: 'treasury.recorded',
      target: { type: 'transaction', id: transaction.id },
      after: { kind, rail, amount: amount.toDecimal(), currency: amount.currency },
    })
  }
  if (isNew && kind !== 'withdrawal') await wakeWhatWaitsForBalance(trx, rail, amount.currency)
  return { transaction, isNew }
}

/** The first one has the same reference whatever the kind: one transaction cannot be two kinds. */
function entriesOf(
  kind: Treasury['kind'],
  rail: Rail,
  amount: Money,
  transactionId: string
): JournalEntryInput[] {
  const reference = `treasury:${transactionId}`
  const ontoRail = [debit(accounts.clearing(rail), amount), credit(accounts.bank(), amount)]
  switch (kind) {
    case 'opening_float':
      return [
        {
          reference,
          kind,
          transactionId,
          postings: [debit(accounts.bank(), amount), credit(accounts.platformCapital(), amount)],
        },
        { reference: `${reference}:rail`, kind: 'top_up', transactionId, postings: ontoRail },
      ]
    case 'top_up':
      return [{ reference, kind, transactionId, postings: ontoRail }]
    case 'withdrawal':
      return [
        {
          reference,
          kind,
          transactionId,
          postings: [debit(accounts.bank(), amount), credit(accounts.clearing(rail), amount)],
        },
      ]
  }
}

import db from '@adonisjs/lucid/services/db'
import { validate as isUuid } from 'uuid'
import { redact } from '#console/redact'
import { notFound } from '#exceptions/problem'
import Transaction from '#models/transaction'
import { ProviderFailure } from '#payments/provider'
import { providerFor } from '#payments/registry'

export interface ProviderRecord {
  transaction: Transaction
  /** As the provider has it at this moment, without secrets; empty if it gave no answer. */
  record?: unknown
  /** Why there is none, in words for staff. */
  failure?: string
  askedAt: Date
}

const RECORDED = ['deposit', 'refund', 'payout'] as const

/**
 * Asks a transaction's provider for its own record of it. Nothing is booked, and no database transaction waits
 * for the answer: the provider's client ends it in time.
 *
 * @throws Problem 404 if there is no such transaction, or none that a provider knows of
 */
export async function readProviderRecord(id: string): Promise<ProviderRecord> {
  const transaction = isUuid(id) ? await Transaction.find(id, { client: db.connection() }) : null
  const kind = RECORDED.find((each) => each === transaction?.transactionType)
  if (!transaction || !kind || !transaction.providerTransactionId) throw notFound('provider record')
  const askedAt = new Date()
  try {
    const provider = providerFor(transaction.paymentProvider)
    const record = await provider.rawRecord(kind, transaction.providerTransactionId)
    return { transaction, record: redact(record), askedAt }
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error
    return { transaction, failure: `${error.code}: ${error.message}`, askedAt }
  }
}

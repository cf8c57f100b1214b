import logger from '@adonisjs/core/services/logger'
import db from '@adonisjs/lucid/services/db'
import type { Rail } from '#models/transaction'
import InboxEvent from '#models/inbox_event'
import {
  ProviderFailure,
  type Provider,
  type ProviderEvent,
  type ProviderMovement,
} from '#payments/provider'
import { observeRecipient, tellOfBankPayout } from '#payments/recipients'
import { providerOfRail } from '#payments/registry'
import { applyDeposit } from '#escrow/apply_deposit'
import { applyPayout } from '#escrow/apply_payout'
import { applyRefund } from '#escrow/apply_refund'
import { applyCharge, observeDispute } from '#escrow/chargebacks/observe_dispute'
import { defineJob } from '#jobs/queue'

/**
 * Looks at what an event of the inbox is about and brings our books in line with it. Safe to repeat:
 * the effects are idempotent by themselves, the row only says whether there is still work.
 */
export default defineJob<{ inboxEventId: string }>({
  name: 'process_inbox_event',
  async handle({ inboxEventId }) {
    const row = await claim(inboxEventId)
    if (!row) return
    try {
      const provider = providerOfRail(row.rail as Rail)
      const ours = await applySubject(provider, provider.parseEvent(row.payload))
      await close(row.id, ours ? 'handled' : 'ignored')
    } catch (error) {
      await noteFailure(row.id, error)
      throw error
    }
  },
})

/**
 * Counts the attempt before it begins, so that one that kills its process is counted too. No lock is
 * held meanwhile: the provider is asked in between, which may take long.
 */
async function claim(id: string): Promise<InboxEvent | null> {
  const { rows } = await db.rawQuery(
    `UPDATE inbox_events SET attempts = attempts + 1
      WHERE id = ? AND status IN ('received', 'failed') RETURNING id`,
    [id]
  )
  return rows.length > 0 ? InboxEvent.find(id) : null
}

/**
 * Fetches the object and applies it as it is now; the event itself may be old, late or one of several.
 *
 * @returns false if it is nothing of ours
 */
async function applySubject(provider: Provider, { subject }: ProviderEvent): Promise<boolean> {
  switch (subject.kind) {
    case 'deposit':
      return applyDeposit(provider, await provider.getDeposit(subject.id))
    case 'charge':
      return applyCharge(provider, subject.id)
    case 'dispute':
      return applyDisputed(provider, subject)
    case 'refund':
      return applyAnyRefund(provider, await provider.getRefund(subject.id))
    case 'payout':
      return applyPayout(provider, await provider.getPayout(subject.id))
    case 'recipient':
      return observeRecipient(provider.name, () => provider.getRecipient(subject.id))
    case 'recipient_payout':
      return tellOfBankPayout(provider, subject.id, subject.account)
    case 'other':
      return false
  }
}

/** One that is none of ours may be about a payment of ours all the same: then that has to know. */
async function applyAnyRefund(provider: Provider, refund: ProviderMovement): Promise<boolean> {
  if (await applyRefund(provider, refund)) return true
  return refund.chargeId ? applyCharge(provider, refund.chargeId) : false
}

/**
 * That there is one freezes its deposit, whatever comes of looking at the dispute itself. The dispute comes
 * first: its payment may be so old that the provider does not show it any more.
 */
async function applyDisputed(
  provider: Provider,
  { id, chargeId }: { id: string; chargeId: string }
): Promise<boolean> {
  try {
    return await observeDispute(provider, () => provider.getDispute(id))
  } catch (error) {
    await applyCharge(provider, chargeId).catch((err: unknown) => {
      logger.error({ err, dispute: id }, 'a disputed payment could not be looked at')
    })
    throw error
  }
}

async function close(id: string, status: 'handled' | 'ignored'): Promise<void> {
  await db
    .from('inbox_events')
    .where('id', id)
    .update({ status, last_error: '', handled_at: db.raw('now()') })
}

async function noteFailure(id: string, error: unknown): Promise<void> {
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof ProviderFailure ? `${error.code}: ` : ''
  await db
    .from('inbox_events')
    .where('id', id)
    .whereIn('status', ['received', 'failed'])
    .update({ status: 'failed', last_error: `${code}${message}`.slice(0, 1000) })
}

import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import { recordTreasury } from '#escrow/record_treasury'
import { settings } from '#escrow/settings'
import { drainQueue } from '#jobs/queue'
import { Money } from '#ledger/money'
import type Staff from '#models/staff'
import type { Rail } from '#models/transaction'
import { receiveEvent } from '#payments/inbox'
import { acknowledgeBreak } from '#payments/reconcile/acknowledge_break'
import { startReplay } from '#payments/start_replay'
import { openBreaks } from '#payments/reconcile/read_runs'
import { reconcileProvider } from '#payments/reconcile/reconcile_provider'
import { offeredRails, providerOfRail } from '#payments/registry'
import { happen } from './stand_ins.js'

const DAY_MS = 86_400_000

/**
 * What people have to look into, by the day before the end. In the end every rail has what our books say, so
 * that only a comparison movement by movement finds it.
 */
export const TROUBLE: { on: number; happens: () => Promise<void> }[] = [
  { on: 8, happens: () => eachRail((rail) => bookTreasury(rail, 'top_up')) },
  { on: 6, happens: () => eachRail((rail) => adjust(rail, -1234)) },
  { on: 4, happens: () => eachRail((rail) => adjust(rail, 1234)) },
  { on: 3, happens: () => eachRail((rail) => bookTreasury(rail, 'withdrawal')) },
]

async function eachRail(act: (rail: Rail) => Promise<unknown>): Promise<void> {
  for (const rail of offeredRails()) await act(rail)
}

/** The provider moves our balance, for a reason that it keeps to itself. */
async function adjust(rail: Rail, amount: number): Promise<void> {
  await happen(rail, 'adjust_balance', { amount })
}

/** Somebody wrote a movement down that never happened; and later, another one that undoes it. */
async function bookTreasury(rail: Rail, kind: 'top_up' | 'withdrawal'): Promise<void> {
  await inTransaction((trx) =>
    recordTreasury(
      trx,
      {
        kind,
        rail,
        amount: Money.of(2500n, 'USD'),
        reference: `BANK-2026-${kind === 'top_up' ? '0417' : '0431'}-${rail}`,
      },
      { actor: { type: 'system' } }
    )
  )
}

/**
 * Events about payments that their provider does not know any more: every try to look at one fails, and a
 * replay by staff, too.
 */
export async function failEvents(replayedBy: Staff): Promise<void> {
  for (const number of [1, 2, 3]) {
    const stripe = {
      id: `evt_demo_unknown_${number}`,
      object: 'event',
      type: 'charge.updated',
      livemode: false,
      data: { object: { id: `ch_demo_unknown_${number}`, object: 'charge' } },
    }
    const paypal = {
      id: `WH-DEMO-UNKNOWN-${number}`,
      event_type: 'PAYMENT.PAYOUTS-ITEM.SUCCEEDED',
      resource_type: 'payouts_item',
      resource: { payout_batch_id: `DEMOUNKNOWN${number}` },
    }
    for (const [rail, payload] of [
      ['stripe', stripe],
      ['paypal', paypal],
    ] as const) {
      await receiveEvent(rail, { event: providerOfRail(rail).parseEvent(payload), payload })
    }
  }
  await drainQueue({ retryNow: true, concurrency: 6 })
  const failed = await db.from('inbox_events').where('status', 'failed').select('id').limit(2)
  await startReplay(
    failed.map(({ id }) => id),
    { actor: { type: 'staff', id: replayedBy.id }, reason: 'The provider was down at that time.' }
  )
  await drainQueue()
}

/** Compares every rail with our books, as the schedule does every night. */
export async function reconcileAll(days: number): Promise<void> {
  const limits = await settings(db)
  for (const rail of offeredRails()) {
    const to = new Date()
    await reconcileProvider(providerOfRail(rail), {
      period: { from: new Date(to.getTime() - days * DAY_MS), to },
      graceMinutes: limits.reconcile_grace_minutes,
      inTransitDays: limits.in_transit_days,
    })
  }
}

/** Somebody looks at one break of each rail, and knows what it is. */
export async function acknowledgeOne(by: Staff): Promise<void> {
  await eachRail(async (rail) => {
    const [found] = await openBreaks(db, { rail, limit: 1 })
    if (!found) return
    await inTransaction((trx) =>
      acknowledgeBreak(trx, found.id, {
        actor: { type: 'staff', id: by.id },
        reason: 'Taken and given back by the provider; they were asked why.',
      })
    )
  })
}

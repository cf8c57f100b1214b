import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import db from '@adonisjs/lucid/services/db'
import { comparedFrom, findLost, type LostMovement } from '#backup/lost_movements'
import { settings } from '#escrow/settings'
import { wrongState } from '#exceptions/problem'
import { offeredRails, providerOfRail } from '#payments/registry'

export interface Unrecovered {
  /** How far the backup goes that this database was restored from. */
  until: Date
  /** What the providers did since and these books lack, of all rails. */
  lost: LostMovement[]
  /** Differences of other kinds, and rails that gave no answer, in words. */
  broken: string[]
}

/** @throws Problem 409 `not_recovering` */
export async function findUnrecovered(): Promise<Unrecovered> {
  const { backup_until: until } = await openRecovery()
  const { reconcile_grace_minutes: graceMinutes } = await settings(db)
  const from = await comparedFrom(until)
  const found: Unrecovered = { until, lost: [], broken: [] }
  for (const rail of offeredRails()) {
    const verdict = await findLost(providerOfRail(rail), { until, from, graceMinutes })
    found.lost.push(...verdict.lost)
    found.broken.push(...verdict.broken)
    if (verdict.verdict === 'no_answer') {
      found.broken.push(`${rail} gave no answer: ${verdict.note}`)
    }
  }
  return found
}

/**
 * @param trx if given, the recovery stays open until this transaction has ended
 * @throws Problem 409 `not_recovering`
 */
export async function openRecovery(
  trx?: TransactionClientContract
): Promise<{ id: string; backup_until: Date; begun_at: Date }> {
  const query = (trx ?? db).from('recoveries').whereNull('ended_at')
  const open = await (trx ? query.forShare() : query).first()
  if (open) return open
  throw wrongState('No recovery is open; recovery:begin begins one.', 'not_recovering', {
    code: 'not_recovering',
  })
}

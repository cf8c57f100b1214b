import db from '@adonisjs/lucid/services/db'
import {
  NOT_A_DEPOSIT,
  ProviderFailure,
  type Provider,
  type ProviderDispute,
} from '#payments/provider'
import { applyDeposit } from '#escrow/apply_deposit'
import { recordDispute } from '#escrow/chargebacks/apply_dispute'

/** How often we ask again about a dispute that others keep recording meanwhile. */
const MOST_TRIES = 5

/**
 * Asks the provider how a dispute stands and brings our books in line. Several may ask at once, and a slow
 * answer may be older than what is recorded when it comes: then we ask again. The dispute may also be the
 * first news of its payment, which is booked first then.
 *
 * @param ask fetches the dispute as it is now
 * @returns false if it is about a payment that is none of ours
 * @throws ProviderFailure what the provider's calls throw; `retry` if it was recorded meanwhile every time
 */
export async function observeDispute(
  provider: Provider,
  ask: () => Promise<ProviderDispute>
): Promise<boolean> {
  let booked = false
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const { rows } = await db.rawQuery('SELECT clock_timestamp()::text AS asked_at')
    const observed = await ask()
    const outcome = await recordDispute(provider, observed, rows[0].asked_at)
    if (outcome === 'recorded') return true
    if (outcome === 'not_ours') {
      if (booked || !(await applyCharge(provider, observed.chargeId))) return false
      booked = true
    }
  }
  throw new ProviderFailure('retry', 'dispute_busy', 'The dispute keeps changing.')
}

/**
 * Brings our books in line with the payment that a charge belongs to.
 *
 * @returns false if it belongs to none, or to none of ours
 */
export async function applyCharge(provider: Provider, chargeId: string): Promise<boolean> {
  if (!chargeId) return false
  try {
    return await applyDeposit(provider, await provider.getDepositByCharge(chargeId))
  } catch (error) {
    if (error instanceof ProviderFailure && error.code === NOT_A_DEPOSIT) return false
    throw error
  }
}

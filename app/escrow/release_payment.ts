import { inTransaction } from '#database/transaction'
import { forbidden } from '#exceptions/problem'
import type Release from '#models/release'
import type User from '#models/user'
import type { BindIntent } from '#escrow/intent'
import { lockMilestone } from '#escrow/locks'
import { actorOf } from '#escrow/record_activity'
import { releaseHeld } from '#escrow/release_held'

/**
 * Releases held money before, or without, an approval: all of it or a part.
 *
 * @param input.amount decimal in the milestone's currency; without it, everything that is held
 * @returns the release; its payout starts by itself
 * @throws Problem 403 not the client; 409 `nothing_held`, `frozen`, `refund_pending`; 422 more than is
 *   held, or a fraction of a cent
 */
export async function releasePayment(
  milestoneId: string,
  input: { by: User; amount?: string; bind?: BindIntent }
): Promise<Release> {
  return inTransaction(async (trx) => {
    const { project, milestone } = await lockMilestone(trx, milestoneId)
    if (project.clientId !== input.by.id) throw forbidden('Only the client releases money.')
    return releaseHeld(trx, {
      project,
      milestone,
      amount: input.amount,
      kind: 'early',
      actor: actorOf(input.by),
      bind: input.bind,
    })
  })
}

import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { inWords } from '#escrow/about'
import { lockDispute } from '#escrow/dispute_states'
import { aboutDispute } from '#escrow/disputes/in_dispute'
import { settings } from '#escrow/settings'
import { Money } from '#ledger/money'
import Dispute from '#models/dispute'
import User from '#models/user'
import { notify } from '#notifications/notify'

/**
 * Somebody whom we had shut out could not answer the disputes that others opened: once they are let back, those
 * that wait for their answer have all of their time, as if they were opened now, and they are told so.
 */
export async function giveTimeAgain(
  trx: TransactionClientContract,
  respondentId: string
): Promise<void> {
  const periods = await settings(trx)
  const waiting = await Dispute.query({ client: trx })
    .where({ respondentId, status: 'open' })
    .orderBy('id')
  for (const { id } of waiting) {
    const locked = await lockDispute(trx, id)
    const { dispute } = locked
    if (dispute.status !== 'open') continue
    await trx
      .from('disputes')
      .where('id', id)
      .update({
        respond_by: trx.raw('now() + make_interval(days => ?)', [periods.dispute_response_days]),
        negotiate_until: trx.raw('now() + make_interval(days => ?)', [
          periods.dispute_negotiation_days,
        ]),
        reminders_sent: '[]',
      })
    await dispute.refresh()
    const { displayName } = await User.findOrFail(dispute.openedBy, { client: trx })
    await notify(trx, {
      userId: respondentId,
      kind: 'dispute.opened',
      data: {
        ...aboutDispute(locked),
        ...inWords(Money.of(dispute.askedAmount, dispute.currency)),
        by: displayName,
        respond_by: dispute.respondBy!.toUTC().toISO()!,
      },
    })
  }
}

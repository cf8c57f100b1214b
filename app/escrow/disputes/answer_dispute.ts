import { forbidden, wrongState } from '#exceptions/problem'
import { transition } from '#escrow/dispute_states'
import { aboutDispute, assertInTime, inDispute } from '#escrow/disputes/in_dispute'
import { actorOf } from '#escrow/record_activity'
import type Dispute from '#models/dispute'
import DisputeMessage from '#models/dispute_message'
import type User from '#models/user'
import { notify } from '#notifications/notify'

/**
 * The respondent's first word: from now on both negotiate, and silence decides nothing any more but that
 * staff decide in the end.
 *
 * @throws Problem 403 who opened it; 409 `wrong_state` answered or over already, `time_over` too late
 */
export async function answerDispute(
  disputeId: string,
  { by, body }: { by: User; body: string }
): Promise<Dispute> {
  return inDispute(disputeId, { by }, async ({ trx, other, ...locked }) => {
    const { dispute } = locked
    if (by.id !== dispute.respondentId) {
      throw forbidden('You opened this dispute; it is for the other side to answer.')
    }
    if (dispute.status !== 'open') {
      throw wrongState('This dispute needs no first answer any more.', dispute.status)
    }
    await assertInTime(trx, dispute)
    await DisputeMessage.create(
      { disputeId, senderId: by.id, kind: 'answer', body },
      { client: trx }
    )
    await transition(trx, locked, 'negotiating', actorOf(by), {
      action: 'dispute.answered',
      changes: { answered_at: trx.raw('now()'), reminders_sent: '[]' },
    })
    await notify(trx, {
      userId: other,
      kind: 'dispute.answered',
      data: {
        ...aboutDispute(locked),
        by: by.displayName,
        negotiate_until: dispute.negotiateUntil!.toUTC().toISO()!,
      },
    })
    return dispute
  })
}

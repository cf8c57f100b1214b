import {
  aboutDispute,
  assertAnswered,
  assertMayAdd,
  inDispute,
  touch,
} from '#escrow/disputes/in_dispute'
import DisputeMessage from '#models/dispute_message'
import type User from '#models/user'
import { notify } from '#notifications/notify'

/**
 * Writes to the other side of a dispute, and to staff who will read it.
 *
 * @throws Problem 409 `wrong_state` once it is decided or over, `answer_first`, `time_over`,
 *   `additions_closed`
 */
export async function sendDisputeMessage(
  disputeId: string,
  { by, body }: { by: User; body: string }
): Promise<DisputeMessage> {
  return inDispute(disputeId, { by }, async ({ trx, other, ...locked }) => {
    await assertAnswered(trx, locked.dispute, by)
    assertMayAdd(locked.dispute)
    const message = await DisputeMessage.create(
      { disputeId, senderId: by.id, kind: 'message', body },
      { client: trx }
    )
    await message.refresh()
    await touch(trx, locked.dispute)
    await notify(trx, {
      userId: other,
      kind: 'dispute.message',
      data: { ...aboutDispute(locked), dispute_message_id: message.id, by: by.displayName },
    })
    return message
  })
}

import { wrongState } from '#exceptions/problem'
import { aboutProject } from '#escrow/about'
import { otherParty } from '#escrow/apply_proposal'
import { inTransaction } from '#database/transaction'
import { notify } from '#notifications/notify'
import Message from '#models/message'
import type Project from '#models/project'
import User from '#models/user'

/**
 * Writes to the other party. Words stay possible after the project has ended.
 *
 * @throws Problem 409 `wrong_state` while nobody has accepted, `party_erased` once the other party has deleted
 *   their account: there is nobody to read it
 */
export async function sendMessage(
  project: Project,
  { by, body }: { by: User; body: string }
): Promise<Message> {
  if (!project.freelancerId) {
    throw wrongState('Nobody has accepted this project yet.', project.status)
  }
  const reader = otherParty(project, by.id)
  return inTransaction(async (trx) => {
    const { erasedAt } = await User.findOrFail(reader, { client: trx })
    if (erasedAt) {
      throw wrongState(
        'The other party has deleted their account; nobody would read this.',
        project.status,
        { code: 'party_erased' }
      )
    }
    const message = await Message.create(
      { projectId: project.id, senderId: by.id, body },
      { client: trx }
    )
    await notify(trx, {
      userId: reader,
      kind: 'message.received',
      data: { ...aboutProject(project), message_id: message.id, by: by.displayName },
    })
    return message
  })
}

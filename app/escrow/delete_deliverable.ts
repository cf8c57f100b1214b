import { inTransaction } from '#database/transaction'
import { notFound, wrongState } from '#exceptions/problem'
import { lockMilestone } from '#escrow/locks'
import deleteFile from '#jobs/delete_file'
import { enqueue } from '#jobs/queue'
import Deliverable from '#models/deliverable'

/**
 * Takes an uploaded file away, as long as it was never handed in.
 *
 * @throws Problem 404; 409 `already_submitted`
 */
export async function deleteDeliverable(found: Deliverable): Promise<void> {
  await inTransaction(async (trx) => {
    const { milestone } = await lockMilestone(trx, found.milestoneId)
    const deliverable = await Deliverable.query({ client: trx })
      .where('id', found.id)
      .forUpdate()
      .first()
    if (!deliverable) throw notFound('deliverable')
    if (deliverable.submittedAt) {
      throw wrongState('This file was handed in and stays with the submission.', milestone.status, {
        code: 'already_submitted',
      })
    }
    await deliverable.delete()
    await enqueue(trx, deleteFile, { key: deliverable.storageKey })
  })
}

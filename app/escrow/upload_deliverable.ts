import type { IncomingMessage } from 'node:http'
import db from '@adonisjs/lucid/services/db'
import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import { inTransaction } from '#database/transaction'
import { receiveUpload, type Received } from '#drive/receive_upload'
import { scannerIsSetUp } from '#drive/virus_scanner'
import { Problem, wrongState } from '#exceptions/problem'
import { lockMilestone } from '#escrow/locks'
import { TurnStiles } from '#identity/turnstile'
import { assertNotClosed } from '#escrow/milestone_rules'
import { setting, settings } from '#escrow/settings'
import { enqueue } from '#jobs/queue'
import scanDeliverable from '#jobs/scan_deliverable'
import Deliverable from '#models/deliverable'
import type Milestone from '#models/milestone'
import type User from '#models/user'

/** Where they are on the disk, in a folder for each milestone. */
export const DELIVERABLES = 'deliverables'

/**
 * Files are counted against a milestone's room when they are there, so what is on its way could take any
 * amount of disk. As many as this may be on their way from one account to this process.
 */
const arriving = new TurnStiles({ running: 4, waiting: 0, what: 'uploads of yours' })

/**
 * Takes a file in for a milestone that is funded and not finished; see `receiveUpload`.
 *
 * @param request whose body is the form; the field is `file`
 * @throws Problem what `receiveUpload` throws; 409 `not_funded`, `milestone_closed`, `wrong_state` or
 *   `too_many_deliverables`; 503 `busy` while others of theirs are on their way
 */
export async function uploadDeliverable(
  milestone: Milestone,
  { by, request }: { by: User; request: IncomingMessage }
): Promise<Deliverable> {
  return arriving.pass(by.id, () => takeIn(milestone, by, request))
}

async function takeIn(
  milestone: Milestone,
  by: User,
  request: IncomingMessage
): Promise<Deliverable> {
  // Before a byte is read; and once more with the milestone locked, when all are.
  assertOpenForFiles(milestone)
  await assertRoomFor(db.connection(), milestone, 0)
  const maxBytes = (await setting(db, 'deliverable_max_mb')) * 1024 * 1024
  const folder = `${DELIVERABLES}/${milestone.id}`
  return receiveUpload(request, { folder, maxBytes }, (received) =>
    inTransaction((trx) => record(trx, milestone.id, by, received))
  )
}

async function record(
  trx: TransactionClientContract,
  milestoneId: string,
  by: User,
  received: Received
): Promise<Deliverable> {
  const { milestone } = await lockMilestone(trx, milestoneId)
  assertOpenForFiles(milestone)
  await assertRoomFor(trx, milestone, received.size)
  const scanned = scannerIsSetUp()
  const deliverable = await Deliverable.create(
    {
      milestoneId: milestone.id,
      uploadedBy: by.id,
      name: received.name,
      size: received.size,
      contentType: received.contentType,
      sha256: received.sha256,
      storageKey: received.key,
      scanStatus: scanned ? 'pending' : 'unscanned',
    },
    { client: trx }
  )
  if (scanned) await enqueue(trx, scanDeliverable, { deliverableId: deliverable.id })
  return deliverable.refresh()
}

/** Work can be handed in, now or once what was handed in before is turned down. */
function assertOpenForFiles(milestone: Milestone): void {
  assertNotClosed(milestone)
  if (!milestone.isFunded) {
    throw wrongState(
      'Files can be uploaded once the client has funded the milestone.',
      milestone.status,
      { code: 'not_funded' }
    )
  }
  if (milestone.status === 'approved') {
    throw wrongState('This milestone is approved already.', milestone.status)
  }
}

async function assertRoomFor(
  client: QueryClientContract,
  milestone: Milestone,
  size: number
): Promise<void> {
  const limits = await settings(client)
  const { rows } = await client.rawQuery(
    'SELECT count(*)::int AS files, coalesce(sum(size), 0)::bigint AS bytes FROM deliverables WHERE milestone_id = ?',
    [milestone.id]
  )
  const maxBytes = BigInt(limits.deliverables_total_mb) * 1024n * 1024n
  const [{ files, bytes }] = rows
  if (files < limits.deliverables_per_milestone && bytes + BigInt(size) <= maxBytes) return
  throw new Problem(
    `A milestone takes ${limits.deliverables_per_milestone} files of ${limits.deliverables_total_mb} MB together. Delete one that was not handed in.`,
    { code: 'too_many_deliverables', status: 409, extra: { current_status: milestone.status } }
  )
}

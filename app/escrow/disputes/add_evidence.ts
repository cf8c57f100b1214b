import type { IncomingMessage } from 'node:http'
import db from '@adonisjs/lucid/services/db'
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { receiveUpload, type Received } from '#drive/receive_upload'
import { scannerIsSetUp } from '#drive/virus_scanner'
import { Problem } from '#exceptions/problem'
import {
  aboutDispute,
  assertMayAdd,
  assertUndecided,
  inDispute,
  touch,
} from '#escrow/disputes/in_dispute'
import { actorOf, recordActivity } from '#escrow/record_activity'
import { setting, settings } from '#escrow/settings'
import { TurnStiles } from '#identity/turnstile'
import { enqueue } from '#jobs/queue'
import scanEvidence from '#jobs/scan_evidence'
import type Dispute from '#models/dispute'
import DisputeEvidence from '#models/dispute_evidence'
import type User from '#models/user'
import { notify } from '#notifications/notify'

/** Where they are on the disk, in a folder for each dispute. */
export const EVIDENCE = 'evidence'

/** As many may be on their way from one account to this process; see `upload_deliverable.ts`. */
const arriving = new TurnStiles({ running: 4, waiting: 0, what: 'uploads of yours' })

/**
 * Takes in a file that a side shows for its case, which stays: what was seen in a dispute can be proven
 * afterwards. See `receiveUpload`.
 *
 * @param input.request whose body is the form; the field is `file`
 * @throws Problem what `receiveUpload` throws; 409 `wrong_state` once it is decided or over,
 *   `additions_closed`, `too_much_evidence`; 503 `busy` while others of theirs are on their way
 */
export async function addEvidence(
  dispute: Dispute,
  { by, request }: { by: User; request: IncomingMessage }
): Promise<DisputeEvidence> {
  return arriving.pass(by.id, async () => {
    // Before a byte is read; and once more with the dispute locked, when all are.
    assertUndecided(dispute)
    assertMayAdd(dispute)
    await assertRoomFor(db.connection(), dispute, by, 0)
    const maxBytes = (await setting(db, 'evidence_max_mb')) * 1024 * 1024
    const folder = `${EVIDENCE}/${dispute.id}`
    return receiveUpload(request, { folder, maxBytes }, (received) =>
      record(dispute.id, by, received)
    )
  })
}

async function record(
  disputeId: string,
  by: User,
  { key, ...file }: Received
): Promise<DisputeEvidence> {
  return inDispute(disputeId, { by }, async ({ trx, other, ...locked }) => {
    const { project, milestone, dispute } = locked
    assertMayAdd(dispute)
    await assertRoomFor(trx, dispute, by, file.size)
    const scanned = scannerIsSetUp()
    const evidence = await DisputeEvidence.create(
      {
        disputeId,
        uploadedBy: by.id,
        ...file,
        storageKey: key,
        scanStatus: scanned ? 'pending' : 'unscanned',
      },
      { client: trx }
    )
    await evidence.refresh()
    if (scanned) await enqueue(trx, scanEvidence, { evidenceId: evidence.id })
    await touch(trx, dispute)
    await recordActivity(trx, {
      projectId: project.id,
      milestoneId: milestone.id,
      subject: { type: 'dispute', id: disputeId },
      actor: actorOf(by),
      action: 'dispute.evidence_added',
      details: { evidence_id: evidence.id, sha256: evidence.sha256 },
    })
    await notify(trx, {
      userId: other,
      kind: 'dispute.evidence_added',
      data: {
        ...aboutDispute(locked),
        evidence_id: evidence.id,
        name: evidence.name,
        by: by.displayName,
      },
    })
    return evidence
  })
}

async function assertRoomFor(
  client: QueryClientContract,
  dispute: Dispute,
  by: User,
  size: number
): Promise<void> {
  const limits = await settings(client)
  const { rows } = await client.rawQuery(
    `SELECT count(*)::int AS files, coalesce(sum(size), 0)::bigint AS bytes FROM dispute_evidence
      WHERE dispute_id = ? AND uploaded_by = ?`,
    [dispute.id, by.id]
  )
  const maxBytes = BigInt(limits.evidence_total_mb) * 1024n * 1024n
  const [{ files, bytes }] = rows
  if (files < limits.evidence_per_side && bytes + BigInt(size) <= maxBytes) return
  throw new Problem(
    `Each side of a dispute shows ${limits.evidence_per_side} files of ${limits.evidence_total_mb} MB together.`,
    { code: 'too_much_evidence', status: 409, extra: { current_status: dispute.status } }
  )
}

import db from '@adonisjs/lucid/services/db'
import { enqueue } from '#jobs/queue'
import scanDeliverable from '#jobs/scan_deliverable'
import scanEvidence from '#jobs/scan_evidence'

/** Asks anew for every file that still waits for the scanner: it may have been down for longer than jobs try. */
export async function scanWaiting(): Promise<void> {
  for (const id of await waitingIn('deliverables')) {
    await enqueue(db, scanDeliverable, { deliverableId: id }, { singletonKey: id })
  }
  for (const id of await waitingIn('dispute_evidence')) {
    await enqueue(db, scanEvidence, { evidenceId: id }, { singletonKey: id })
  }
}

async function waitingIn(table: 'deliverables' | 'dispute_evidence'): Promise<string[]> {
  const rows = await db
    .from(table)
    .where('scan_status', 'pending')
    .whereRaw(`created_at < now() - interval '10 minutes'`)
    .orderBy('id')
    .limit(1000)
    .select('id')
  return rows.map(({ id }) => id)
}

import db from '@adonisjs/lucid/services/db'
import { enqueue } from '#jobs/queue'
import scanDeliverable from '#jobs/scan_deliverable'

/** Asks anew for every file that still waits for the scanner: it may have been down for longer than jobs try. */
export async function scanWaiting(): Promise<void> {
  const waiting = await db
    .from('deliverables')
    .where('scan_status', 'pending')
    .whereRaw(`created_at < now() - interval '10 minutes'`)
    .orderBy('id')
    .limit(1000)
    .select('id')
  for (const { id } of waiting) {
    await enqueue(db, scanDeliverable, { deliverableId: id }, { singletonKey: id })
  }
}

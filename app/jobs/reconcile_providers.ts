import db from '@adonisjs/lucid/services/db'
import { offeredRails } from '#payments/registry'
import { defineJob, enqueue } from '#jobs/queue'
import reconcileRail from '#jobs/reconcile_rail'

/** Each rail by a job of its own: one whose provider does not answer holds up none of the others. */
export default defineJob({
  name: 'reconcile_providers',
  schedule: '20 4 * * *',
  async handle() {
    for (const rail of offeredRails()) {
      await enqueue(db, reconcileRail, { rail }, { singletonKey: rail })
    }
  },
})

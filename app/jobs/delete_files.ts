import drive from '@adonisjs/drive/services/main'
import { defineJob } from '#jobs/queue'

/** Deletes files that no row names any more, once the transaction that forgot them is committed. */
export default defineJob<{ keys: string[] }>({
  name: 'delete_files',
  async handle({ keys }) {
    // What is not there is deleted already: Drive says so of neither disk.
    for (const key of keys) await drive.use().delete(key)
  },
})

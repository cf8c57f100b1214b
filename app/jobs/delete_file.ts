import drive from '@adonisjs/drive/services/main'
import { defineJob } from '#jobs/queue'

/**
 * Deletes a file that no row names any more. A job, as the transaction that takes the name away may yet
 * roll back.
 */
export default defineJob<{ key: string }>({
  name: 'delete_file',
  handle: ({ key }) => drive.use().delete(key),
})

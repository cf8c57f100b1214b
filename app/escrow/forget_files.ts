import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { AVATARS } from '#identity/avatar_url'
import deleteFile from '#jobs/delete_file'
import { enqueue } from '#jobs/queue'

/**
 * Deletes what a person who leaves has uploaded, but for what was handed in: the other side keeps the work,
 * and what proves it. The rows go with `trx`, the files when it has committed.
 */
export async function forgetFiles(trx: TransactionClientContract, userId: string): Promise<void> {
  const { rows: deliverables } = await trx.rawQuery(
    'DELETE FROM deliverables WHERE uploaded_by = ? AND submitted_at IS NULL RETURNING storage_key',
    [userId]
  )
  const { rows: profiles } = await trx.rawQuery(
    `UPDATE profiles p SET avatar = NULL FROM profiles old
      WHERE p.user_id = ? AND old.user_id = p.user_id AND old.avatar IS NOT NULL
      RETURNING old.avatar`,
    [userId]
  )
  const keys = [
    ...deliverables.map((row: { storage_key: string }) => row.storage_key),
    ...profiles.map((row: { avatar: string }) => `${AVATARS}/${row.avatar}`),
  ]
  for (const key of keys) await enqueue(trx, deleteFile, { key })
}

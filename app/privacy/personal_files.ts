import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { AVATARS } from '#identity/avatar_url'

/** A file of somebody's, on the disk that Drive uses. */
export interface PersonalFile {
  key: string
  /** Where it is in an export. */
  path: string
}

/** What a user uploaded and can be given back: not what a scanner has put away. */
export async function filesOf(
  trx: TransactionClientContract,
  userId: string
): Promise<PersonalFile[]> {
  const { rows } = await trx.rawQuery(
    `SELECT 'deliverables' AS folder, id, name, storage_key FROM deliverables
      WHERE uploaded_by = :userId AND scan_status IN ('clean', 'unscanned')
     UNION ALL
     SELECT 'evidence', id, name, storage_key FROM dispute_evidence
      WHERE uploaded_by = :userId AND scan_status IN ('clean', 'unscanned')
     ORDER BY folder, id`,
    { userId }
  )
  const avatar = await avatarOf(trx, userId)
  return [
    ...(avatar ? [{ key: avatar, path: `files/avatar/${avatar.split('/').at(-1)}` }] : []),
    ...rows.map((row: { folder: string; id: string; name: string; storage_key: string }) => ({
      key: row.storage_key,
      path: `files/${row.folder}/${row.id}/${entryName(row.name)}`,
    })),
  ]
}

async function avatarOf(trx: TransactionClientContract, userId: string): Promise<string | null> {
  const profile = await trx.from('profiles').where('user_id', userId).select('avatar').first()
  return profile?.avatar ? `${AVATARS}/${profile.avatar}` : null
}

/** A name that no archive takes for a path, whatever its owner called it. */
function entryName(name: string): string {
  const safe = name.replace(/[/\\:*?"<>|\p{Cc}]/gu, '_').replace(/^\.+/, '_')
  return safe || 'file'
}

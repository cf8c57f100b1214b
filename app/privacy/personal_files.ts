import type { TransactionClientContract } from '@adonisjs/lucid/types/database'

/** A file of somebody's, on the disk that Drive uses. */
export interface PersonalFile {
  key: string
  /** Where it is in an export. */
  path: string
}

/** What a user uploaded. */
export async function filesOf(
  trx: TransactionClientContract,
  userId: string
): Promise<PersonalFile[]> {
  const { rows } = await trx.rawQuery(
    `SELECT avatar FROM profiles WHERE user_id = ? AND avatar <> ''`,
    [userId]
  )
  return rows.map(({ avatar }: { avatar: string }) => ({
    key: avatar,
    path: `files/avatar/${avatar.split('/').at(-1)}`,
  }))
}

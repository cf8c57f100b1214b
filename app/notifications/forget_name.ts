import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { catalogue, wordsOf, type NotificationKind } from '#notifications/catalogue'
import { ERASED_NAME } from '#identity/erased'

/** Members of a notification's data that hold somebody's name. */
const NAMES = ['by', 'invited_by'] as const

const BATCH = 500

/**
 * Takes a name out of what other people were told, and says it anew without: title and body are made of
 * data, so they are made again. Whose name it is follows from the project and never from the name, which may
 * have been another one at the time; or it is said beside it. What is about nobody's name stays as it is.
 *
 * Projects and invitations must still be as they were when it was told.
 */
export async function forgetNameOf(trx: TransactionClientContract, userId: string): Promise<void> {
  for (let last: string | null = null; ;) {
    const { rows }: { rows: { id: string; kind: string; data: any }[] } = await trx.rawQuery(
      NAMED,
      { userId, last: last ?? '00000000-0000-0000-0000-000000000000', batch: BATCH }
    )
    const said = rows.flatMap(({ id, kind, data }) => {
      if (!Object.hasOwn(catalogue, kind)) return []
      const known = NAMES.filter((name) => name in data)
      const forgotten = {
        ...data,
        ...Object.fromEntries(known.map((name) => [name, ERASED_NAME])),
      }
      return [{ id, data: forgotten, ...wordsOf(kind as NotificationKind, forgotten) }]
    })
    await trx.rawQuery(
      `UPDATE notifications n SET data = s.data, title = s.title, body = s.body
         FROM jsonb_to_recordset(?::jsonb) AS s (id uuid, data jsonb, title text, body text)
        WHERE n.id = s.id`,
      [JSON.stringify(said)]
    )
    if (rows.length < BATCH) return
    last = rows.at(-1)!.id
  }
}

/**
 * What the other side of the user's projects was told by them. To a freelancer every name in a project is
 * its client's. To a client it is the freelancer's, but for invitations that were declined: several people
 * may have, and which one tells the moment, which is the same in both rows.
 */
const NAMED = `
  WITH mine AS (
    SELECT p.id, p.client_id, p.freelancer_id FROM projects p
     WHERE :userId IN (p.client_id, p.freelancer_id)
        OR p.id IN (SELECT i.project_id FROM invitations i WHERE i.responded_by = :userId)
  ), reader AS (
    SELECT client_id AS id FROM mine
     UNION SELECT freelancer_id FROM mine
     UNION SELECT u.id FROM invitations i JOIN users u ON u.email = i.email WHERE i.invited_by = :userId
     UNION SELECT i.responded_by FROM invitations i WHERE i.invited_by = :userId
  )
  SELECT n.id, n.kind, n.data
    FROM reader
    JOIN notifications n ON n.user_id = reader.id
    JOIN mine ON mine.id::text = n.data ->> 'project_id'
   WHERE reader.id <> :userId AND n.id > :last
     AND (jsonb_exists(n.data, 'by') OR jsonb_exists(n.data, 'invited_by'))
     AND (mine.client_id = :userId
       OR CASE n.kind
         WHEN 'invitation.declined' THEN EXISTS (
           SELECT FROM invitations i WHERE i.project_id = mine.id AND i.responded_by = :userId
              AND i.status = 'declined' AND i.responded_at = n.created_at)
         ELSE mine.freelancer_id = :userId
       END)
     AND (n.data ->> 'by_id' IS NULL OR n.data ->> 'by_id' = :userId::text)
   UNION
  -- Also of drafts that were deleted since.
  SELECT n.id, n.kind, n.data FROM notifications n
   WHERE n.data ->> 'by_id' = :userId::text AND n.user_id <> :userId AND n.id > :last
   ORDER BY id LIMIT :batch`

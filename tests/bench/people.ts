import { writeFile } from 'node:fs/promises'
import db from '@adonisjs/lucid/services/db'
import { issueAccessToken } from '#identity/access_tokens'

/** Somebody who is signed in. */
export interface Signed {
  id: string
  token: string
}

/**
 * Makes people with verified addresses who are signed in, at once.
 *
 * @param file gets them as JSON, in the order of their ids
 */
export async function run(type: string, count: string, file: string): Promise<number> {
  const { rows } = await db.rawQuery(
    `WITH made AS (
       INSERT INTO users (email, password, user_type, first_name, last_name, is_verified)
       SELECT :type || '-' || gen_random_uuid() || '@example.com', 'none', :type, 'Number', n::text, true
         FROM generate_series(1, :count::int) n
       RETURNING id
     ), described AS (
       INSERT INTO profiles (user_id) SELECT id FROM made
     )
     INSERT INTO sessions (user_id, expires_at) SELECT id, now() + interval '1 day' FROM made
     RETURNING id AS session_id, user_id`,
    { type, count } as never
  )
  const people: Signed[] = []
  for (const { session_id: sessionId, user_id: userId } of rows) {
    people.push({ id: userId, token: await issueAccessToken({ sessionId, userId }) })
  }
  people.sort((a, b) => (a.id < b.id ? -1 : 1))
  await writeFile(file, JSON.stringify(people))
  return people.length
}

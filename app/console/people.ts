import db from '@adonisjs/lucid/services/db'

export interface Person {
  id: string
  user_type: string
  name: string
}

/** What users are called, by their ids; who was erased is called nothing. One query. */
export async function peopleOf(ids: string[]): Promise<Record<string, Person>> {
  const rows: Person[] = await db
    .from('users')
    .whereIn('id', ids)
    .select(
      'id',
      'user_type',
      db.raw(`coalesce(nullif(trim(first_name || ' ' || last_name), ''), 'Nameless') AS name`)
    )
  return Object.fromEntries(rows.map((row) => [row.id, row]))
}

import db from '@adonisjs/lucid/services/db'

/**
 * Where personal data may be after an erasure, until its own window ends. docs/privacy.md says why; nothing
 * else may have any.
 */
export const KEPT_AFTER_ERASURE: Record<string, readonly string[]> = {
  messages: ['body'],
  inbox_events: ['payload'],
}

/** Every row of every table that says one of these words, in any column; jobs too. */
export async function whereItIsSaid(
  words: readonly string[],
  exceptions: Record<string, readonly string[]> = {}
): Promise<string[]> {
  const { rows: tables } = await db.rawQuery(
    `SELECT n.nspname AS schema, c.relname AS name
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname IN ('public', 'pgboss')`
  )
  const found: string[] = []
  for (const { schema, name } of tables) {
    const without = (exceptions[name] ?? []).map((column) => ` - '${column}'`).join('')
    for (const word of words) {
      const { rows } = await db.rawQuery(
        `SELECT (to_jsonb(t)${without})::text AS row FROM "${schema}"."${name}" t
          WHERE position(lower(?) IN lower((to_jsonb(t)${without})::text)) > 0`,
        [word]
      )
      found.push(...rows.map(({ row }: { row: string }) => `${name}: "${word}" in ${row}`))
    }
  }
  return found
}

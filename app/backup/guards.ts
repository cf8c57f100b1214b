import { createHash } from 'node:crypto'

/** What asks a database; node-postgres and Lucid's `rawQuery` both are one. */
export type Ask = <Row>(sql: string) => Promise<Row[]>

/**
 * Everything in the database that refuses what must not be: triggers, constraints, unique indexes, and the
 * functions behind them; by name, with a fingerprint of its definition.
 */
export type Guards = Record<string, string>

/**
 * Not constraints of NOT NULL, which only PostgreSQL 18 lists; nor what pg-boss owns, which changes with it.
 */
const GUARDS = `
  SELECT 'trigger ' || t.tgname || ' on ' || c.relname AS name, pg_get_triggerdef(t.oid) AS definition,
      t.tgenabled IN ('O', 'A') AS works
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace
  UNION ALL
  SELECT 'constraint ' || k.conname || ' on ' || c.relname, pg_get_constraintdef(k.oid),
      NOT EXISTS (
        -- A foreign key works by triggers of its own, and they can be switched off, too.
        SELECT FROM pg_trigger t WHERE t.tgconstraint = k.oid AND t.tgenabled NOT IN ('O', 'A'))
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE k.connamespace = 'public'::regnamespace AND k.contype IN ('c', 'f', 'p', 'u', 'x')
  UNION ALL
  SELECT 'index ' || i.relname || ' on ' || c.relname, pg_get_indexdef(x.indexrelid), x.indisvalid
    FROM pg_index x
    JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_class c ON c.oid = x.indrelid
    WHERE c.relnamespace = 'public'::regnamespace AND x.indisunique
  UNION ALL
  SELECT 'function ' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', p.prosrc, true
    FROM pg_proc p
    WHERE p.pronamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
  ORDER BY 1`

/** Reads the guards that a database has. `off`: there, and told not to work. */
export async function readGuards(ask: Ask): Promise<{ guards: Guards; off: string[] }> {
  const rows = await ask<{ name: string; definition: string; works: boolean }>(GUARDS)
  return {
    guards: Object.fromEntries(rows.map(({ name, definition }) => [name, fingerprint(definition)])),
    off: rows.filter(({ works }) => !works).map(({ name }) => name),
  }
}

function fingerprint(definition: string): string {
  return createHash('sha256')
    .update(definition.replaceAll(/\s+/g, ' ').trim())
    .digest('hex')
    .slice(0, 16)
}

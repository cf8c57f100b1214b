import { readFile, readdir } from 'node:fs/promises'
import app from '@adonisjs/core/services/app'
import db from '@adonisjs/lucid/services/db'
import { readGuards, type Guards } from '#backup/guards'

export interface SchemaCheck {
  /** Migrations that this release has and the database has not run: the backup is older. */
  missing: string[]
  /** Migrations that the database has run and this release does not know: the backup is newer. */
  unknown: string[]
  guards: number
  /** What is wrong with triggers, constraints, unique indexes and functions, in words. */
  wrong: string[]
  /** Identity columns whose next value is there already. */
  behind: string[]
}

/** Where the guards are listed that all migrations together make; `check_generated.ts` writes it. */
const GUARDS_FILE = 'database/guards.json'

/**
 * Whether the schema is the one that the migrations make. A restore can lose parts of it: one that was told
 * to go on after errors, to leave triggers off, or to bring data only.
 */
export async function checkSchema(): Promise<SchemaCheck> {
  const { missing, unknown } = await compareMigrations()
  const { guards, off } = await readGuards(async (sql) => {
    const { rows } = await db.rawQuery(sql)
    return rows
  })
  const wrong = off.map((name) => `${name} is switched off`)
  // An older schema has other guards, and which nobody has written down.
  if (missing.length === 0 && unknown.length === 0)
    wrong.push(...differences(await wanted(), guards))
  return { missing, unknown, guards: Object.keys(guards).length, wrong, behind: await behind() }
}

async function wanted(): Promise<Guards> {
  return JSON.parse(await readFile(app.makePath(GUARDS_FILE), 'utf8')) as Guards
}

function differences(expected: Guards, found: Guards): string[] {
  return [
    ...Object.keys(expected)
      .filter((name) => !(name in found))
      .map((name) => `${name} is missing`),
    ...Object.keys(expected)
      .filter((name) => name in found && found[name] !== expected[name])
      .map((name) => `${name} is not the one that the migrations make`),
    ...Object.keys(found)
      .filter((name) => !(name in expected))
      .map((name) => `${name} is there, and no migration makes it`),
  ]
}

async function compareMigrations() {
  const files = await readdir(app.makePath('database/migrations'))
  const ours = files.filter((file) => /^\d{4}_.*\.[jt]s$/.test(file)).map(nameOf)
  const rows = await db.from('adonis_schema').select('name')
  const theirs = rows.map(({ name }) => nameOf(name))
  return {
    missing: ours.filter((name) => !theirs.includes(name)).toSorted(),
    unknown: theirs.filter((name) => !ours.includes(name)).toSorted(),
  }
}

/** `0031_name`, of a file or of how Lucid remembers it. */
function nameOf(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1).replace(/(\.d)?\.[jt]s$/, '')
}

/** Restored with its rows and without its position, a sequence gives out what is taken. */
async function behind(): Promise<string[]> {
  const { rows } = await db.rawQuery<{
    rows: { sequence: string; table: string; column: string }[]
  }>(`
    SELECT s.oid::regclass::text AS sequence, c.oid::regclass::text AS table, quote_ident(a.attname) AS column
      FROM pg_class s
      JOIN pg_depend d ON d.objid = s.oid AND d.deptype IN ('a', 'i') AND d.refclassid = 'pg_class'::regclass
      JOIN pg_class c ON c.oid = d.refobjid
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
      WHERE s.relkind = 'S' AND c.relnamespace = 'public'::regnamespace`)
  const found: string[] = []
  for (const { sequence, table, column } of rows) {
    const { rows: positions } = await db.rawQuery(
      `SELECT (SELECT max(${column}) FROM ${table})::bigint AS highest, last_value, is_called FROM ${sequence}`
    )
    const { highest, last_value: last, is_called: called } = positions[0]
    const next = BigInt(last) + (called ? 1n : 0n)
    if (highest !== null && next <= BigInt(highest)) {
      found.push(`${table}.${column} goes on with ${next}, and has ${highest} already`)
    }
  }
  return found
}

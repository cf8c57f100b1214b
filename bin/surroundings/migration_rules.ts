import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What the last release consists of, as `bin/release.ts` wrote it down. */
export interface Released {
  /** The commit that it was built from. */
  release: string
  /** Of each of its migrations, a hash of the file. */
  migrations: Record<string, string>
}

export const RELEASED_FILE = 'database/released_migrations.json'

export function readReleased(root: string): Released {
  return JSON.parse(readFileSync(join(root, RELEASED_FILE), 'utf8')) as Released
}

/** The migrations of a folder by their names, with their text, in the order in which they run. */
export function readMigrations(folder: string): Map<string, string> {
  const files = readdirSync(folder)
    .filter((file) => /^\d{4}_.*\.ts$/.test(file))
    .toSorted()
  return new Map(files.map((file) => [file, readFileSync(join(folder, file), 'utf8')]))
}

export function hashOf(migration: string): string {
  return createHash('sha256').update(migration).digest('hex')
}

/**
 * What of released migrations is not as it was: a database that has run one does not run it again.
 */
export function changedSince(released: Released, migrations: Map<string, string>): string[] {
  const last = Object.keys(released.migrations).toSorted().at(-1) ?? ''
  return [
    ...Object.entries(released.migrations).flatMap(([file, hash]) => {
      const text = migrations.get(file)
      if (text === undefined) return [`${file} was released and is gone`]
      return hashOf(text) === hash ? [] : [`${file} was released and has changed since`]
    }),
    ...[...migrations.keys()]
      .filter((file) => !(file in released.migrations) && file < last)
      .map((file) => `${file} is new and goes before ${last}, which was released`),
  ]
}

/**
 * Why a migration may not run while the release before it is still at work; empty if it may. See
 * docs/migrations.md for each rule.
 *
 * It reads the SQL of `up`. What it forbids is allowed to one that says `static contract = '<release>'`, the
 * release from which on nothing uses what it takes away; that it holds no lock for long is demanded of it, too.
 */
export function problemsOf(migration: string): string[] {
  const up = methodOf(migration, 'up')
  const contracts = /static contract = '[\w.-]{3,}'/.test(migration)
  const problems: string[] = []
  if (/this\.schema\s*\.(?!raw\b)\w+/.test(up) || /this\.db\b/.test(up)) {
    problems.push('is not written as this.schema.raw of SQL, which is what these rules can read')
  }
  const statements = statementsOf(sqlIn(up))
  const made = new Set(
    statements.flatMap((each) => /^CREATE TABLE (?:IF NOT EXISTS )?([\w.]+)/i.exec(each)?.[1] ?? [])
  )
  const seen: string[] = []
  for (const statement of statements) {
    const found = [
      ...(contracts ? [] : breaksOldCode(statement, seen)),
      ...holdsLocks(statement, made, migration),
    ]
    problems.push(...found.map((why) => `${why}: ${shortened(statement)}`))
    seen.push(statement)
  }
  const touches = statements.some((each) => touchesOld(each, made))
  const first = statements.find((each) => !/^SET\b/i.test(each))
  const before = statements.slice(0, first ? statements.indexOf(first) : 0)
  if (touches && !before.some((each) => /^SET (LOCAL )?lock_timeout\b/i.test(each))) {
    problems.push('sets no lock_timeout before it touches a table that is in use')
  }
  return problems
}

/** What code of the release before would fall over, or read wrongly. */
function breaksOldCode(statement: string, before: string[]): string[] {
  const problems: string[] = []
  const is = (pattern: RegExp) => pattern.test(statement)
  if (is(/^DROP (TABLE|VIEW|MATERIALIZED VIEW|SCHEMA|SEQUENCE|TYPE)\b/i)) {
    problems.push('takes away what the release before may use')
  }
  if (is(/^TRUNCATE\b/i)) problems.push('takes away rows that the release before may use')
  if (is(/^ALTER (TABLE|VIEW|TYPE|FUNCTION|SEQUENCE)\b.*\bRENAME\b/i)) {
    problems.push('renames what the release before knows by its old name')
  }
  if (!is(/^ALTER TABLE\b/i)) return problems
  if (is(/\bDROP (COLUMN\b|(?!CONSTRAINT|COLUMN|DEFAULT|NOT NULL|EXPRESSION|IDENTITY)\w+)/i)) {
    problems.push('drops a column that the release before may use')
  }
  if (is(/\bALTER (COLUMN )?\w+ (SET DATA )?TYPE\b/i)) {
    problems.push('changes the type of a column, which rewrites the table and what old code reads')
  }
  for (const [, column] of statement.matchAll(/\bALTER (?:COLUMN )?(\w+) SET NOT NULL\b/gi)) {
    const proven = new RegExp(`CHECK \\(\\s*${column} IS NOT NULL\\s*\\) NOT VALID`, 'i')
    const checked =
      before.some((each) => proven.test(each)) &&
      before.some((each) => /\bVALIDATE CONSTRAINT\b/i.test(each))
    if (!checked) problems.push(`forbids NULL in ${column} with no validated check before it`)
  }
  for (const added of statement.split(/\bADD (?=COLUMN\b)/i).slice(1)) {
    const [clause] = added.split(/,\s*(?=ADD|ALTER|DROP)\b/i)
    if (/\bNOT NULL\b/i.test(clause) && !/\b(DEFAULT|GENERATED)\b/i.test(clause)) {
      problems.push('adds a column that the release before does not fill')
    }
  }
  return problems
}

/** What would keep everybody else out of a table for as long as it is large. */
function holdsLocks(statement: string, made: Set<string>, migration: string): string[] {
  const index = /^CREATE (?:UNIQUE )?INDEX (CONCURRENTLY )?.*?\bON (?:ONLY )?([\w.]+)/i.exec(
    statement
  )
  if (index && !made.has(index[2])) {
    if (!index[1]) return ['builds an index without CONCURRENTLY']
    if (!/static disableTransactions = true/.test(migration)) {
      return ['builds an index CONCURRENTLY, which needs static disableTransactions = true']
    }
  }
  const altered = /^ALTER TABLE (?:IF EXISTS )?(?:ONLY )?([\w.]+)/i.exec(statement)?.[1]
  if (!altered || made.has(altered)) return []
  const adds = [
    ...statement.matchAll(
      /\bADD (?:CONSTRAINT \w+ )?(CHECK|FOREIGN KEY|UNIQUE|PRIMARY KEY|EXCLUDE)\b/gi
    ),
  ]
  const problems: string[] = []
  for (const [, kind] of adds) {
    if (/^(CHECK|FOREIGN KEY)$/i.test(kind) && !/\bNOT VALID\b/i.test(statement)) {
      problems.push(`adds a ${kind.toUpperCase()} without NOT VALID`)
    }
    const prepared = /\bUSING INDEX\b/i.test(statement)
    if (/^(UNIQUE|PRIMARY KEY)$/i.test(kind) && !prepared) {
      problems.push(`adds a ${kind.toUpperCase()} without USING INDEX`)
    }
  }
  return problems
}

/**
 * Whether a statement waits for a lock that keeps others out of a table that was there before. Who builds an index
 * CONCURRENTLY keeps nobody out, and has no transaction that a timeout could be for.
 */
function touchesOld(statement: string, made: Set<string>): boolean {
  const table =
    /^ALTER TABLE (?:IF EXISTS )?(?:ONLY )?([\w.]+)/i.exec(statement)?.[1] ??
    /^CREATE (?:OR REPLACE )?(?:CONSTRAINT )?TRIGGER .*?\bON ([\w.]+)/i.exec(statement)?.[1] ??
    /^DROP TRIGGER .*?\bON ([\w.]+)/i.exec(statement)?.[1] ??
    /^DROP TABLE (?:IF EXISTS )?([\w.]+)/i.exec(statement)?.[1] ??
    /^CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY).*?\bON (?:ONLY )?([\w.]+)/i.exec(statement)?.[1]
  return table !== undefined && !made.has(table)
}

/** The text of a method of the migration's class. */
function methodOf(migration: string, name: string): string {
  const begin = migration.search(new RegExp(`\\n  async ${name}\\(\\)`))
  if (begin === -1) return ''
  const end = migration.indexOf('\n  }\n', begin)
  return migration.slice(begin, end === -1 ? undefined : end)
}

/** Everything in backticks or quotes that is handed to `raw`. */
function sqlIn(method: string): string {
  const texts = [...method.matchAll(/this\.schema\.raw\(\s*(`[^`]*`|'[^']*'|"[^"]*"|[^)]*)/g)]
  return texts.map(([, text]) => text.replaceAll(/^[`'"]|[`'"]$/g, '')).join(';\n')
}

/** Statements without comments, texts and bodies of functions, on one line each. */
export function statementsOf(sql: string): string[] {
  return sql
    .replaceAll(/--[^\n]*/g, ' ')
    .replaceAll(/\/\*[\s\S]*?\*\//g, ' ')
    .replaceAll(/\$(\w*)\$[\s\S]*?\$\1\$/g, "''")
    .replaceAll(/'(?:[^']|'')*'/g, "''")
    .split(';')
    .map((each) => each.replaceAll(/\s+/g, ' ').trim())
    .filter((each) => each !== '')
}

function shortened(statement: string): string {
  return statement.length > 120 ? `${statement.slice(0, 119)}…` : statement
}

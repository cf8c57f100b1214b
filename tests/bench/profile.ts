import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { root } from '../../bin/surroundings/start.js'
import type { Bench } from './bench.js'

/** Gets the CPU profiles of Node, to be opened in a browser's developer tools, and a summary of each part. */
export const PROFILES = join(root, 'tmp', 'profiles')

/** Settings that make PostgreSQL count its statements. */
export const WITH_STATEMENTS = {
  'shared_preload_libraries': 'pg_stat_statements',
  'pg_stat_statements.max': '10000',
  'pg_stat_statements.track': 'all',
  'pg_stat_statements.track_planning': 'on',
}

const MOST = 60

/** Begins to count anew. */
export async function resetStatements({ databaseUrl }: Bench): Promise<void> {
  await query(databaseUrl, 'CREATE EXTENSION IF NOT EXISTS pg_stat_statements')
  await query(databaseUrl, 'SELECT pg_stat_statements_reset()')
}

/** Writes down which statements and which functions a part of the bench spent its time in. */
export async function writeProfile({ databaseUrl }: Bench, part: string): Promise<void> {
  await mkdir(PROFILES, { recursive: true })
  const statements = await query(
    databaseUrl,
    `SELECT calls::int, round(total_exec_time::numeric) AS ms, round(total_plan_time::numeric) AS plan,
            round(mean_exec_time::numeric, 3) AS mean, rows::int,
            CASE WHEN toplevel THEN '' ELSE '  in a function: ' END ||
              left(regexp_replace(query, '\\s+', ' ', 'g'), 180) AS statement
       FROM pg_stat_statements ORDER BY total_exec_time + total_plan_time DESC LIMIT ${MOST}`
  )
  const lines = statements.map(
    ({ calls, ms, plan, mean, rows, statement }) =>
      `${ms.padStart(8)} ms ${plan.padStart(6)} ms planning ${String(calls).padStart(7)} x ` +
      `${mean.padStart(9)} ${String(rows).padStart(8)} rows  ${statement}`
  )
  await writeFile(join(PROFILES, `${part}.statements.txt`), `${lines.join('\n')}\n`)
  for (const file of await readdir(PROFILES)) {
    if (!file.endsWith('.cpuprofile')) continue
    const profile = JSON.parse(await readFile(join(PROFILES, file), 'utf8'))
    await writeFile(join(PROFILES, `${file}.txt`), summary(profile))
  }
}

interface Profile {
  nodes: {
    id: number
    callFrame: { functionName: string; url: string; lineNumber: number }
    hitCount: number
  }[]
}

/** Functions by the samples that found them at work. */
function summary({ nodes }: Profile): string {
  const hits = new Map<string, number>()
  let sum = 0
  for (const { callFrame, hitCount } of nodes) {
    const { functionName, url, lineNumber } = callFrame
    const place = url.replace(/^.*\/(node_modules|build)\//, '')
    const name = `${functionName || '(anonymous)'} ${place}:${lineNumber + 1}`
    if (functionName === '(idle)') continue
    hits.set(name, (hits.get(name) ?? 0) + hitCount)
    sum += hitCount
  }
  return [...hits]
    .sort(([, a], [, b]) => b - a)
    .slice(0, MOST)
    .map(([name, count]) => `${((count * 100) / sum).toFixed(1).padStart(6)} %  ${name}\n`)
    .join('')
}

async function query(databaseUrl: string, sql: string): Promise<any[]> {
  const client = new pg.Client(databaseUrl)
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

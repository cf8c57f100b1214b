import db from '@adonisjs/lucid/services/db'
import { statementsOf } from '#tests/support/many_projects'

interface Plan {
  'Relation Name'?: string
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  'Rows Removed by Index Recheck'?: number
  'Plans'?: Plan[]
}

/** What the one statement that something sends looks at of a table to answer, and how many rows it gives. */
export async function planOf(
  table: string,
  act: () => Promise<unknown>
): Promise<{ rows: number; read: number }> {
  const [{ sql, bindings }, ...more] = await statementsOf(act)
  if (more.length > 0) throw new Error('It sends more than one statement.')
  const { rows } = await db.rawQuery(`EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`, bindings as never)
  const plan: Plan = rows[0]['QUERY PLAN'][0].Plan
  return { rows: plan['Actual Rows'], read: readOf(table, plan) }
}

function readOf(table: string, plan: Plan): number {
  const { 'Rows Removed by Filter': filtered = 0, 'Rows Removed by Index Recheck': rechecked = 0 } =
    plan
  const own =
    plan['Relation Name'] === table
      ? plan['Actual Loops'] * (plan['Actual Rows'] + filtered + rechecked)
      : 0
  return own + (plan.Plans ?? []).reduce((sum, part) => sum + readOf(table, part), 0)
}

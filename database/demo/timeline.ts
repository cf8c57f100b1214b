import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { inTransaction } from '#database/transaction'
import { offeredRails } from '#payments/registry'
import { setClock } from './stand_ins.js'

const DAY_MS = 86_400_000

/** A moment of the play, and what it stands for. */
interface Mark {
  played: string
  told: Date
}

/**
 * Months of history, played within a minute. Whatever happens is written with the time of the play, since
 * the database's clock cannot be set; the providers' stand-ins go by the time that it stands for. At the end
 * `stretch` moves what was written to where it belongs: the order of everything stays, and so does whatever
 * is earlier or later than the play.
 */
export class Timeline {
  #marks: Mark[] = []

  constructor(readonly end = new Date()) {}

  /** So many days before the end. */
  daysAgo(days: number): Date {
    return new Date(this.end.getTime() - days * DAY_MS)
  }

  /** From here on it is this time, until the next call. Never earlier than the last one. */
  async moveTo(told: Date): Promise<void> {
    this.#marks.push({ played: await databaseTime(), told })
    for (const rail of offeredRails()) await setClock(rail, told)
  }

  /** Everything since the last moment had happened by this one. The providers' clocks stay where they are. */
  async doneBy(told: Date): Promise<void> {
    this.#marks.push({ played: await databaseTime(), told })
  }

  /**
   * Ends the play: moves every time that it wrote. Of what lies ahead, such as the end of a period, the
   * distance to when it was written stays.
   *
   * The journal and other logs refuse changes by trigger, as they should. Here nothing that they say is
   * changed but when it was; so this runs as replication does, without triggers, and only on this machine.
   */
  async stretch(): Promise<void> {
    const closing = await databaseTime()
    const told = new Date(Math.max(Date.now(), this.end.getTime()))
    for (const rail of offeredRails()) await setClock(rail, new Date())
    await inTransaction(async (trx) => {
      await trx.rawQuery('SET LOCAL session_replication_role = replica')
      await trx.rawQuery(
        'CREATE TEMP TABLE demo_marks (played timestamptz, told timestamptz) ON COMMIT DROP'
      )
      const marks = [...this.#marks, { played: closing, told }]
      await trx.table('demo_marks').multiInsert(marks)
      await trx.rawQuery(TOLD_FUNCTION)
      for (const { table, columns } of await timesOf(trx)) {
        const moved = columns.map((column) => `${column} = pg_temp.demo_told(${column})`)
        const touched = columns.map((column) => `${column} >= :opening`)
        await trx.rawQuery(
          `UPDATE ${table} SET ${moved.join(', ')} WHERE ${touched.join(' OR ')}`,
          { opening: marks[0].played }
        )
      }
    })
  }
}

/**
 * What a moment of the play stands for. One after the play is the end of a period that began within it: periods
 * are whole hours, and the play is shorter than one, so it is plain when that was.
 */
const TOLD_FUNCTION = `
  CREATE FUNCTION pg_temp.demo_told(at timestamptz) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
  DECLARE
    opening timestamptz := (SELECT min(played) FROM demo_marks);
    closing timestamptz := (SELECT max(played) FROM demo_marks);
    ahead interval := '0';
    since record;
    until record;
  BEGIN
    IF at IS NULL OR at < opening OR at = 'infinity' THEN
      RETURN at;
    END IF;
    IF at >= closing THEN
      ahead := make_interval(hours => floor(extract(epoch FROM at - opening) / 3600)::int);
      IF at - ahead >= closing THEN
        RETURN at;
      END IF;
    END IF;
    SELECT * INTO since FROM demo_marks WHERE played <= at - ahead ORDER BY played DESC LIMIT 1;
    SELECT * INTO until FROM demo_marks WHERE played > at - ahead ORDER BY played LIMIT 1;
    RETURN ahead + since.told + (until.told - since.told)
      * (extract(epoch FROM at - ahead - since.played) / extract(epoch FROM until.played - since.played))::float8;
  END $$`

async function databaseTime(): Promise<string> {
  const { rows } = await db.rawQuery('SELECT clock_timestamp()::text AS now')
  return rows[0].now
}

/** Told by people or providers in their own time, which is the one that is meant. */
const TOLD_ALREADY = new Set([
  'projects.deadline',
  'milestones.due_date',
  'deposits.refundable_until',
  'deposits.hold_until',
  'chargebacks.evidence_due_by',
  'chargebacks.opened_at',
])

interface Times {
  table: string
  columns: string[]
}

/** Every column of every table that holds a moment. */
async function timesOf(trx: TransactionClientContract): Promise<Times[]> {
  const { rows } = await trx.rawQuery(`
    SELECT c.table_schema, c.table_name, array_agg(c.column_name::text ORDER BY c.ordinal_position) AS columns
      FROM information_schema.columns c
      JOIN information_schema.tables t USING (table_schema, table_name)
     WHERE c.data_type = 'timestamp with time zone' AND t.table_type = 'BASE TABLE'
       AND c.is_generated = 'NEVER'
       AND (c.table_schema = 'public' AND c.table_name !~ '^adonis_'
         OR c.table_schema = 'pgboss' AND c.table_name = 'job')
     GROUP BY 1, 2 ORDER BY 1, 2`)
  return rows
    .map((row: { table_schema: string; table_name: string; columns: string[] }) => ({
      table: `${row.table_schema}.${row.table_name}`,
      columns: row.columns.filter((column) => !TOLD_ALREADY.has(`${row.table_name}.${column}`)),
    }))
    .filter(({ columns }: Times) => columns.length > 0)
}

import pg from 'pg'

/** How many statements the database is sent while something runs, by whichever connection of this process. */
export async function countQueries(run: () => Promise<unknown>): Promise<number> {
  const original = pg.Client.prototype.query
  let count = 0
  pg.Client.prototype.query = function (this: pg.Client, ...given: any[]) {
    count++
    return (original as any).apply(this, given)
  } as typeof original
  try {
    await run()
  } finally {
    pg.Client.prototype.query = original
  }
  return count
}

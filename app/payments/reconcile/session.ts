import db from '@adonisjs/lucid/services/db'

/** One connection of the pool, held for a while: what a session owns lives as long. */
export interface Session {
  rawQuery<Row = any>(
    sql: string,
    bindings?: Record<string, unknown> | unknown[]
  ): Promise<{ rows: Row[]; rowCount: number }>
  /** Runs `work` on one snapshot of the database, and commits what it wrote. */
  onSnapshot<T>(work: () => Promise<T>): Promise<T>
}

/**
 * Runs `work` on a connection of its own. Temporary tables and advisory locks that it makes belong to
 * that connection: they are gone when it is over, also when its process died.
 */
export async function withSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
  const knex = db.connection().getWriteClient()
  const connection = await knex.client.acquireConnection()
  const rawQuery: Session['rawQuery'] = async (sql, bindings = []) =>
    knex.raw(sql, bindings as never).connection(connection)

  const onSnapshot: Session['onSnapshot'] = async (act) => {
    await rawQuery('BEGIN ISOLATION LEVEL REPEATABLE READ')
    let result: Awaited<ReturnType<typeof act>>
    try {
      result = await act()
    } catch (error) {
      // The error that counts is the one at hand; a connection that cannot roll back is thrown away below.
      await rawQuery('ROLLBACK').catch(() => {})
      throw error
    }
    await rawQuery('COMMIT')
    return result
  }

  try {
    return await work({ rawQuery, onSnapshot })
  } finally {
    try {
      await rawQuery('DISCARD TEMP')
      await rawQuery('SELECT pg_advisory_unlock_all()')
    } catch (error) {
      // As Knex marks a connection that its pool must not hand out again.
      connection.__knex__disposed = error
    }
    await knex.client.releaseConnection(connection)
  }
}

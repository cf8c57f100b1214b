import { createHash } from 'node:crypto'
import { Transform } from 'node:stream'
import drive from '@adonisjs/drive/services/main'
import { inSnapshot } from '#database/snapshot'
import { inTransaction } from '#database/transaction'
import { setting } from '#escrow/settings'
import { enqueue } from '#jobs/queue'
import mailExport from '#jobs/mail_export'
import DataExport from '#models/data_export'
import { writeExport } from '#privacy/write_export'

/**
 * Writes an export to the disk and tells its owner. Safe to repeat: the file has one name, and the row
 * becomes ready once. Of a user who was erased meanwhile nothing is left on the disk.
 */
export async function prepareExport(id: string, key: string, signal: AbortSignal): Promise<void> {
  const wanted = await DataExport.query().where({ id, state: 'pending' }).first()
  if (!wanted) {
    // Ready: an earlier run of the job did all of it. Gone: its owner was erased.
    if (!(await DataExport.find(id))) await drive.use().delete(key)
    return
  }

  const hash = createHash('sha256')
  let size = 0
  const measured = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk)
      size += chunk.length
      done(null, chunk)
    },
  })
  const written = await startWriting(key, wanted.userId, measured, signal)
  await written()

  const kept = await inTransaction(async (trx) => {
    const days = await setting(trx, 'export_retention_days')
    const { rowCount } = await trx.rawQuery(
      `UPDATE data_exports SET state = 'ready', size = ?, sha256 = ?, ready_at = now(),
              expires_at = now() + make_interval(days => ?)
        WHERE id = ? AND state = 'pending'`,
      [size, hash.digest('hex'), days, id]
    )
    if (rowCount === 1) await enqueue(trx, mailExport, { exportId: id })
    return rowCount === 1
  })
  if (!kept) await drive.use().delete(key)
}

/**
 * Writes the rows of an export in one snapshot, which ends with them: files may take as long as they are
 * large, and a snapshot keeps the whole database from being cleaned up.
 *
 * @returns waits for the rest
 */
async function startWriting(
  key: string,
  userId: string,
  measured: Transform,
  signal: AbortSignal
): Promise<() => Promise<void>> {
  return inSnapshot(async (trx) => {
    const { zip, allRead } = writeExport(trx, userId)
    const stop = () => zip.destroy(new Error('The export took too long.'))
    signal.addEventListener('abort', stop, { once: true })
    zip.on('error', (error) => measured.destroy(error))
    const stored = drive
      .use()
      .putStream(key, zip.pipe(measured), { contentType: 'application/zip' })
      .finally(() => {
        signal.removeEventListener('abort', stop)
        // Nothing goes on reading for a disk that takes no more.
        zip.destroy()
      })
    await Promise.race([allRead, stored]).catch(() => stored)
    return () => stored
  })
}

/** Nothing will come of it; the user may ask for another. */
export async function failExport(id: string, key: string): Promise<void> {
  await inTransaction(async (trx) => {
    await trx.from('data_exports').where({ id, state: 'pending' }).update({ state: 'failed' })
  })
  await drive.use().delete(key)
}

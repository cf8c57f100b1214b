import drive from '@adonisjs/drive/services/main'
import logger from '@adonisjs/core/services/logger'
import db from '@adonisjs/lucid/services/db'
import type { DriveFile } from 'flydrive'

/** An upload that takes longer was given up. */
const OLD_ENOUGH_MS = 24 * 3600 * 1000

/** So many names are looked up at once. */
const AT_ONCE = 500

/** Folders, and the query for which of some names in them are in use. */
const FOLDERS: Record<string, string> = {
  deliverables: 'SELECT storage_key AS key FROM deliverables WHERE storage_key = ANY (?)',
  evidence: 'SELECT storage_key AS key FROM dispute_evidence WHERE storage_key = ANY (?)',
  quarantine: `WITH named AS (SELECT unnest(?::text[]) AS key)
    SELECT key FROM named
     WHERE EXISTS (SELECT FROM deliverables WHERE storage_key = key)
        OR EXISTS (SELECT FROM dispute_evidence WHERE storage_key = key)`,
  exports: `SELECT key FROM data_exports WHERE key = ANY (?) AND state IN ('pending', 'ready')`,
  avatars: `SELECT 'avatars/' || avatar AS key FROM profiles WHERE 'avatars/' || avatar = ANY (?)`,
}

/**
 * Deletes files that no row names, once they are a day old: what an upload leaves whose process ended
 * in the middle. Folders that are not listed here are nobody's to tidy.
 *
 * @returns how many
 */
export async function deleteOrphans(signal?: AbortSignal): Promise<number> {
  let deleted = 0
  for (const [folder, query] of Object.entries(FOLDERS)) {
    let paginationToken: string | undefined
    do {
      signal?.throwIfAborted()
      const page = await drive.use().listAll(folder, { recursive: true, paginationToken })
      const files = [...page.objects].filter((object) => object.isFile) as DriveFile[]
      for (let from = 0; from < files.length; from += AT_ONCE) {
        deleted += await deleteUnnamed(files.slice(from, from + AT_ONCE), query)
      }
      paginationToken = page.paginationToken
    } while (paginationToken)
  }
  if (deleted > 0) logger.info({ deleted }, 'deleted files that nothing names')
  return deleted
}

async function deleteUnnamed(files: DriveFile[], query: string): Promise<number> {
  const { rows } = await db.rawQuery(query, [files.map(({ key }) => key)])
  const named = new Set(rows.map(({ key }: { key: string }) => key))
  let deleted = 0
  for (const file of files) {
    if (named.has(file.key)) continue
    const metadata = await file.getMetaData().catch(() => undefined)
    if (!metadata || metadata.lastModified.getTime() > Date.now() - OLD_ENOUGH_MS) continue
    await drive.use().delete(file.key)
    deleted++
  }
  return deleted
}

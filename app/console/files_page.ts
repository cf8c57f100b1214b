import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { nameOf } from '#console/users_page'
import type { FileKind } from '#escrow/kept_files'
import type { ScanStatus } from '#models/deliverable'
import { cutPage, decodeCursor, type Page } from '#transformers/page'
import type { FILE_STATES } from '#validators/console/people'

const PAGE = 50

export interface FilesFilter {
  /** Part of the name, or an id of the file, its project, its dispute, or who uploaded it. */
  q?: string
  kind?: FileKind
  /** Default: what is in quarantine, and what has waited for the scanner for longer than it should. */
  state?: (typeof FILE_STATES)[number]
  after?: string
}

export interface FileRow {
  id: string
  kind: FileKind
  name: string
  size: number
  content_type: string
  scan_status: ScanStatus
  scan_signature: string | null
  scanned_at: Date | null
  created_at: Date
  uploaded_by: string
  uploader: string
  project_id: string
  project: string
  dispute_id: string | null
}

/** A scan takes seconds. After so long it has failed, and is tried again every hour. */
const STUCK = `f.scan_status = 'pending' AND f.created_at < now() - interval '10 minutes'`

const STATES: Record<NonNullable<FilesFilter['state']>, string> = {
  quarantined: `f.scan_status = 'infected'`,
  waiting: `f.scan_status = 'pending'`,
  served: `f.scan_status IN ('clean', 'unscanned')`,
  all: 'true',
}

const COLUMNS = `f.id, f.name, f.size, f.content_type, f.scan_status, f.scan_signature, f.scanned_at,
  f.created_at, f.uploaded_by`

/** Uploads of the parties, newest first. One query. */
export async function readFiles(
  client: QueryClientContract,
  { q, kind, state, after }: FilesFilter
): Promise<Page<FileRow>> {
  const conditions = [state ? STATES[state] : `(f.scan_status = 'infected' OR (${STUCK}))`]
  const values: string[] = []
  if (q) {
    conditions.push(`(f.name ILIKE ? OR lower(?) IN (f.id::text, f.uploaded_by::text,
      m.project_id::text, x.id::text))`)
    values.push(`%${q.replace(/[\\%_]/g, '\\$&')}%`, q)
  }
  if (after) {
    conditions.push('f.id < ?')
    values.push(decodeCursor(after))
  }
  // Each table by itself, so that each is read by its index and no further than the page goes.
  const ofTable = (each: FileKind, from: string, dispute: string) => `
    (SELECT ${COLUMNS}, '${each}' AS kind, m.project_id, ${dispute} AS dispute_id
       FROM ${from} WHERE ${conditions.join(' AND ')} ORDER BY f.id DESC LIMIT ${PAGE + 1})`
  const parts: Record<FileKind, string> = {
    deliverable: ofTable(
      'deliverable',
      `deliverables f JOIN milestones m ON m.id = f.milestone_id
        LEFT JOIN disputes x ON false`,
      'NULL::uuid'
    ),
    evidence: ofTable(
      'evidence',
      `dispute_evidence f JOIN disputes x ON x.id = f.dispute_id
        JOIN milestones m ON m.id = x.milestone_id`,
      'x.id'
    ),
  }
  const chosen = kind ? [parts[kind]] : Object.values(parts)
  const { rows } = await client.rawQuery<{ rows: FileRow[] }>(
    `SELECT f.*, ${nameOf('u')} AS uploader, p.title AS project
       FROM (${chosen.join(' UNION ALL ')}) f
       JOIN users u ON u.id = f.uploaded_by JOIN projects p ON p.id = f.project_id
      ORDER BY f.id DESC LIMIT ${PAGE + 1}`,
    chosen.flatMap(() => values)
  )
  return cutPage(rows, PAGE)
}

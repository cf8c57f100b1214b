import db from '@adonisjs/lucid/services/db'
import { ERASED_NAME } from '#identity/erased'
import type User from '#models/user'
import type { ProjectStatus } from '#models/project'
import { partyColumn } from '#escrow/visible'
import { cutPage, decodeCursor, DEFAULT_LIMIT, type Page, type PageQuery } from '#transformers/page'
import { partyOf, type Party } from '#transformers/party'
import { projectSummary, type ProjectSummary } from '#transformers/project_transformer'

interface Row {
  id: string
  title: string
  description: string
  total_amount: bigint
  currency: string
  status: ProjectStatus
  created_at: Date
  deadline: Date
  other_id: string | null
  other_first_name: string
  other_last_name: string
  other_email: string
  other_erased_at: Date | null
}

/**
 * One page of a user's projects, newest first: one query over plain rows, because this is the list
 * that every screen starts with. One side of each row is the caller, so only the other is joined.
 *
 * @throws Problem 422 for a bad cursor
 */
export async function listProjects(
  user: User,
  { status, after, limit = DEFAULT_LIMIT }: PageQuery & { status?: ProjectStatus }
): Promise<Page<ProjectSummary>> {
  const mine = partyColumn(user)
  const others = mine === 'client_id' ? 'freelancer_id' : 'client_id'
  // Planning this costs more than running it, so the server keeps it prepared, by name. The limit is
  // in the text: with an unknown limit the server would rather plan anew each time.
  const name = ['list_projects', mine, status && 'status', after !== undefined && 'after', limit]
  const query = db.connection().knexRawQuery(
    `SELECT p.id, p.title, p.description, p.total_amount, p.currency, p.status, p.created_at,
            p.deadline, other.id AS other_id, other.first_name AS other_first_name,
            other.last_name AS other_last_name, other.email AS other_email,
            other.erased_at AS other_erased_at
       FROM projects p
       LEFT JOIN users other ON other.id = p.${others}
      WHERE p.${mine} = ?
            ${status ? 'AND p.status = ?' : ''}
            ${after === undefined ? '' : 'AND p.id < ?'}
      ORDER BY p.id DESC
      LIMIT ${limit + 1}`,
    [user.id, ...(status ? [status] : []), ...(after === undefined ? [] : [decodeCursor(after)])]
  )
  const { rows }: { rows: Row[] } = await query.options({ name: name.filter(Boolean).join(':') })

  const page = cutPage(rows, limit)
  const me = partyOf(user)
  return { ...page, rows: page.rows.map((row) => summaryOf(row, me, mine === 'client_id')) }
}

function summaryOf(row: Row, me: Party, iAmClient: boolean): ProjectSummary {
  const other = row.other_id === null ? null : otherOf(row)
  return projectSummary(
    {
      id: row.id,
      title: row.title,
      description: row.description,
      totalAmount: row.total_amount,
      currency: row.currency,
      status: row.status,
      createdAt: row.created_at,
      deadline: row.deadline,
    },
    iAmClient ? me : other!,
    iAmClient ? other : me
  )
}

function otherOf(row: Row): Party {
  if (row.other_erased_at) return { id: row.other_id!, name: ERASED_NAME }
  const name = `${row.other_first_name} ${row.other_last_name}`.trim() || row.other_email
  return { id: row.other_id!, name }
}

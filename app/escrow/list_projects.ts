import db from '@adonisjs/lucid/services/db'
import type User from '#models/user'
import type { ProjectStatus } from '#models/project'
import { partyColumn } from '#escrow/visible'
import { readPage, type Page, type PageQuery } from '#transformers/page'
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
}

/**
 * One page of a user's projects, newest first: one query over plain rows, because this is the list
 * that every screen starts with. One side of each row is the caller, so only the other is joined.
 *
 * @throws Problem 422 for a bad cursor
 */
export async function listProjects(
  user: User,
  { status, ...page }: PageQuery & { status?: ProjectStatus }
): Promise<Page<ProjectSummary>> {
  const mine = partyColumn(user)
  const others = mine === 'client_id' ? 'freelancer_id' : 'client_id'
  const query = db
    .from('projects as p')
    .leftJoin('users as other', 'other.id', `p.${others}`)
    .where(`p.${mine}`, user.id)
    .select(
      'p.id',
      'p.title',
      'p.description',
      'p.total_amount',
      'p.currency',
      'p.status',
      'p.created_at',
      'p.deadline',
      'other.id as other_id',
      'other.first_name as other_first_name',
      'other.last_name as other_last_name',
      'other.email as other_email'
    )
  if (status) query.where('p.status', status)

  const { rows, meta } = await readPage<Row>(query, page, { column: 'p.id' })
  const me = partyOf(user)
  return { rows: rows.map((row) => summaryOf(row, me, mine === 'client_id')), meta }
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
  const name = `${row.other_first_name} ${row.other_last_name}`.trim() || row.other_email
  return { id: row.other_id!, name }
}

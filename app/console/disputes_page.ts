import db from '@adonisjs/lucid/services/db'
import { cutBy, PAGE, readCursor } from '#console/paging'
import type { DisputeStatus } from '#models/dispute'
import type { Page } from '#transformers/page'
import type { DisputesFilters } from '#validators/console/disputes'
import { minorOf } from '#validators/console/filters'

interface DisputeRow {
  id: string
  status: DisputeStatus
  due: Date
  amount: bigint
  asked_amount: bigint
  currency: string
  opened_by_type: string
  milestone_title: string
  project_title: string
  client_name: string
  freelancer_name: string
}

/** When something has to happen: by a party, or by staff, for whom it is due since it came to them. */
const DUE = `coalesce(d.closed_at, CASE d.status
  WHEN 'open' THEN d.respond_by WHEN 'negotiating' THEN d.negotiate_until ELSE d.escalated_at END)`

/** What it is about in minor units: what is held, and once it is over what was divided. */
const AMOUNT = `coalesce(d.to_freelancer + d.to_client, a.balance, 0)`

const NAME = (of: string) =>
  `coalesce(nullif(trim(${of}.first_name || ' ' || ${of}.last_name), ''), 'Nameless')`

/**
 * Disputes: those that are not over, unless a status is asked for; by when something is due, or the largest
 * first. One query.
 */
export async function listDisputes(filters: DisputesFilters): Promise<Page<DisputeRow>> {
  const byAmount = filters.order === 'amount'
  const query = db
    .from('disputes AS d')
    .joinRaw(
      `JOIN milestones m ON m.id = d.milestone_id
       JOIN projects p ON p.id = m.project_id
       JOIN users client ON client.id = p.client_id
       JOIN users freelancer ON freelancer.id = p.freelancer_id
       LEFT JOIN ledger_accounts a
         ON a.name = 'escrow:' || d.milestone_id AND a.currency = d.currency AND a.stripe = 0`
    )
    .select(
      db.raw(`d.id, d.status, ${DUE} AS due, ${AMOUNT}::bigint AS amount, d.asked_amount, d.currency,
        CASE d.opened_by WHEN p.client_id THEN 'client' ELSE 'freelancer' END AS opened_by_type,
        m.title AS milestone_title, p.title AS project_title,
        ${NAME('client')} AS client_name, ${NAME('freelancer')} AS freelancer_name,
        (extract(epoch FROM ${DUE}) * 1000000)::bigint AS due_key`)
    )
    .orderByRaw(byAmount ? `${AMOUNT} DESC, d.id DESC` : `${DUE}, d.id`)
    .limit(PAGE + 1)
  if (filters.status) query.where('d.status', filters.status)
  else query.whereNotIn('d.status', ['settled', 'withdrawn'])
  if (filters.currency) query.where('d.currency', filters.currency)
  if (filters.least) {
    const least = minorOf(filters.least, filters.currency)
    query.whereRaw(`${AMOUNT} >= ?`, [String(least ?? 0n)])
  }
  if (filters.after) {
    const [key, id] = readCursor(filters.after, /^-?\d{1,18} [0-9a-f-]{36}$/).split(' ')
    if (byAmount) query.whereRaw(`(${AMOUNT}, d.id) < (?::bigint, ?::uuid)`, [key, id])
    else {
      query.whereRaw(
        `((extract(epoch FROM ${DUE}) * 1000000)::bigint, d.id) > (?::bigint, ?::uuid)`,
        [key, id]
      )
    }
  }
  return cutBy(
    await query,
    (row: DisputeRow & { due_key: bigint }) => `${byAmount ? row.amount : row.due_key} ${row.id}`
  )
}

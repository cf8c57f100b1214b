import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import { accounts } from '#ledger/chart_of_accounts'
import { Money } from '#ledger/money'
import { credit, debit, postEntries } from '#ledger/post_entries'
import type User from '#models/user'

/**
 * Running projects by the dozen, written to the tables and the ledger at once: each with a funded, a
 * submitted, a rejected and an unfunded milestone, a proposal of either side, a refund request, a dispute in
 * which the client is waited for and one of the freelancer, activity and notifications. 10.00 are held for each of the first three.
 */
export async function manyProjects(
  { client, freelancer }: { client: User; freelancer: User },
  count: number
): Promise<void> {
  await inTransaction(async (trx) => {
    const { rows } = await trx.rawQuery(
      `WITH made AS (
         INSERT INTO projects (client_id, freelancer_id, title, description, total_amount, status, deadline,
             platform_fee_bps, inspection_days)
           SELECT :client, :freelancer, 'Project ' || n, 'Much to do.', 4000, 'active',
                  now() + interval '90 days', 1000, 14
             FROM generate_series(1, :count::int) n
           RETURNING id
       ), account AS (
         INSERT INTO escrow_accounts (project_id, currency) SELECT id, 'USD' FROM made RETURNING id, project_id
       ), part AS (
         INSERT INTO milestones (project_id, title, description, amount, currency, due_date, status,
             funded_at, auto_approve_at)
           SELECT id, kind, 'As agreed.', 1000, 'USD', now() + interval '5 days',
                  CASE kind WHEN 'unfunded' THEN 'pending' WHEN 'funded' THEN 'pending' ELSE kind END,
                  CASE kind WHEN 'unfunded' THEN NULL ELSE now() END,
                  CASE kind WHEN 'submitted' THEN now() + interval '9 days' END
             FROM made, unnest(ARRAY['funded', 'submitted', 'rejected', 'unfunded']) kind
           RETURNING id, project_id, title
       ), work AS (
         INSERT INTO submissions (milestone_id, submitted_by, note, review, review_reason, reviewed_by, reviewed_at)
           SELECT id, :freelancer, 'Done.', nullif(title, 'submitted'), 'Not as agreed.', :client, now()
             FROM part WHERE title IN ('submitted', 'rejected')
       ), asked AS (
         INSERT INTO refund_requests (milestone_id, requested_by, amount, currency, reason, immediate, status, respond_by)
           SELECT id, :client, 500, 'USD', 'Too late.', false, 'requested', now() + interval '5 days'
             FROM part WHERE title = 'rejected'
       ), disputed AS (
         INSERT INTO disputes (milestone_id, opened_by, respondent_id, reason, asked_amount, currency, respond_by,
             negotiate_until, status, answered_at)
           SELECT id, opener, other, 'As agreed.', 500, 'USD', now() + interval '5 days',
                  now() + interval '14 days', status, CASE status WHEN 'negotiating' THEN now() END
             FROM part, (VALUES ('submitted', :freelancer::uuid, :client::uuid, 'open'),
                                ('funded', :client, :freelancer, 'negotiating')) AS v (part_title, opener, other, status)
            WHERE title = part_title
           RETURNING id, milestone_id, currency, status
       ), offered AS (
         INSERT INTO dispute_offers (dispute_id, made_by, to_freelancer, to_client, currency)
           SELECT id, :client, 500, 500, currency FROM disputed WHERE status = 'negotiating'
       ), proposed AS (
         INSERT INTO proposals (project_id, proposed_by, kind, changes)
           SELECT id, person, 'change_project', '{"title": "Other"}'
             FROM made, unnest(ARRAY[:client, :freelancer]::uuid[]) person
       ), history AS (
         INSERT INTO activity (project_id, subject_type, subject_id, actor_type, actor_id, action)
           SELECT id, 'project', id, 'user', :client, 'project.changed' FROM made, generate_series(1, 12)
       ), deposit AS (
         INSERT INTO transactions (escrow_account_id, user_id, transaction_type, payment_provider, rail,
             status, amount, currency, completed_at)
           SELECT account.id, :client, 'deposit', 'stripe', 'stripe', 'completed', 3000, 'USD', now()
             FROM account
           RETURNING id, escrow_account_id
       ), told AS (
         INSERT INTO notifications (user_id, seq, kind, title, body)
           SELECT person, n, 'project.completed', 'Project completed', 'All of it.'
             FROM unnest(ARRAY[:client, :freelancer]::uuid[]) person, generate_series(1, :count::int) n
       )
       SELECT deposit.id AS deposit_id, array_agg(part.id::text) AS milestone_ids
         FROM deposit
         JOIN account ON account.id = deposit.escrow_account_id
         JOIN part ON part.project_id = account.project_id AND part.title <> 'unfunded'
        GROUP BY 1`,
      { client: client.id, freelancer: freelancer.id, count } as never
    )
    const ten = Money.of(1000n, 'USD')
    for (let from = 0; from < rows.length; from += 200) {
      await postEntries(
        trx,
        rows
          .slice(from, from + 200)
          .map((row: { deposit_id: string; milestone_ids: string[] }) => ({
            reference: `deposit:${row.deposit_id}`,
            kind: 'deposit_captured' as const,
            transactionId: row.deposit_id,
            depositId: row.deposit_id,
            postings: [
              debit(accounts.clearing('stripe'), Money.of(3000n, 'USD')),
              ...row.milestone_ids.map((id) => credit(accounts.escrow(id), ten)),
            ],
          }))
      )
    }
  })
}

/** The statements that something sends to the database. */
export async function queriesOf(act: () => Promise<unknown>): Promise<string[]> {
  return (await statementsOf(act)).map(({ sql }) => sql)
}

/** The same with what they were given, as a query can be sent again. */
export async function statementsOf(
  act: () => Promise<unknown>
): Promise<{ sql: string; bindings: unknown[] }[]> {
  const sent: { sql: string; bindings: unknown[] }[] = []
  const client = db.connection().getWriteClient()
  const note = ({ sql, bindings }: { sql: string; bindings: unknown[] }) => {
    sent.push({ sql: sql.replaceAll(/\$\d+/g, '?'), bindings })
  }
  client.on('query', note)
  try {
    await act()
  } finally {
    client.removeListener('query', note)
  }
  return sent
}

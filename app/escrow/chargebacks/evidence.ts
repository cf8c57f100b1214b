import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { formatMinor } from '#ledger/money'
import type { DisputeEvidence } from '#payments/provider'
import User from '#models/user'
import type { LockedChargeback } from '#escrow/chargebacks/book_loss'

/** Evidence as it is stored: everything but the key, which goes with the attempt. */
export type StoredEvidence = Omit<DisputeEvidence, 'key' | 'serviceDate'> & {
  /** ISO 8601. */
  serviceDate?: string
}

interface Fact {
  at: Date
  text: string
}

/** Of one message or note; what is longer than a page nobody at a bank reads. */
const LONGEST_TEXT = 1000

/**
 * Compiles what we hold that speaks for the delivery of what was paid for: the deal that both sides made,
 * the payment, everything handed in for the milestones that it funded with its reviews, what the client
 * released, and what they wrote to each other.
 *
 * @returns undefined if nothing was handed in and the client released nothing: then staff have to look
 */
export async function compileEvidence(
  locked: LockedChargeback
): Promise<StoredEvidence | undefined> {
  const { trx, project, deposit, milestones } = locked
  const ids = milestones.map(({ id }) => id)
  const client = await User.findOrFail(project.clientId, { client: trx })
  const freelancer = await User.findOrFail(project.freelancerId!, { client: trx })
  const submitted = await submissions(trx, ids, freelancer.displayName)
  const released = await releases(trx, deposit.id)
  if (submitted.length + released.filter(({ byClient }) => byClient).length === 0) return undefined

  const facts: Fact[] = [
    ...(await acceptance(trx, project.id, freelancer.displayName)),
    {
      at: deposit.completedAt!.toJSDate(),
      text: `${client.displayName} paid ${formatMinor(deposit.amount, deposit.currency)} ${deposit.currency} into escrow for: ${milestones.map(({ title }) => quoted(title)).join(', ')}.`,
    },
    ...submitted,
    ...released,
    ...(await messages(trx, project.id)),
  ]
  const oldestFirst = facts.toSorted((a, b) => a.at.getTime() - b.at.getTime())
  return {
    customerName: client.displayName,
    customerEmail: client.email,
    productDescription: [
      `Freelance work, paid through escrow: ${quoted(project.title)}. ${project.description}`,
      ...milestones.map(
        ({ title, description, amount, currency }) =>
          `- ${title} (${formatMinor(amount, currency)} ${currency}): ${description}`
      ),
    ].join('\n'),
    serviceDate: submitted[0]?.at.toISOString(),
    narrative: [
      'The payment was held in escrow until its payer accepted the work. What happened, oldest first (UTC):',
      ...oldestFirst.map(
        ({ at, text }) => `${at.toISOString().slice(0, 16).replace('T', ' ')}  ${text}`
      ),
    ].join('\n'),
  }
}

/** Both sides agreed on these terms, and on the period after which silence is approval. */
async function acceptance(
  trx: TransactionClientContract,
  projectId: string,
  freelancer: string
): Promise<Fact[]> {
  const { rows } = await trx.rawQuery(
    `SELECT at, p.inspection_days FROM activity a JOIN projects p ON p.id = a.project_id
      WHERE a.project_id = ? AND a.action = 'project.accepted' ORDER BY at LIMIT 1`,
    [projectId]
  )
  return rows.map(({ at, inspection_days: days }: { at: Date; inspection_days: number }) => ({
    at,
    text: `${freelancer} accepted the client's invitation. Both agreed that work counts as approved ${days} days after it was handed in, unless the client objects.`,
  }))
}

async function submissions(
  trx: TransactionClientContract,
  milestoneIds: string[],
  freelancer: string
): Promise<Fact[]> {
  const { rows } = await trx.rawQuery(
    `SELECT m.title, s.note, s.links, s.deliverables, s.created_at, s.review, s.review_reason, s.reviewed_at,
            s.reviewed_by
       FROM submissions s JOIN milestones m ON m.id = s.milestone_id
      WHERE m.id = ANY (?::uuid[]) ORDER BY s.id`,
    [milestoneIds]
  )
  return rows.flatMap((row: any): Fact[] => [
    {
      at: row.created_at,
      text: [
        `${freelancer} handed in work on ${quoted(row.title)}: ${shortened(row.note)}`,
        ...row.links.map((link: string) => `link: ${link}`),
        ...row.deliverables.map((file: any) => `file: ${file.name} (SHA-256 ${file.sha256})`),
      ].join(' | '),
    },
    ...(row.review ? [{ at: row.reviewed_at as Date, text: reviewed(row) }] : []),
  ])
}

function reviewed(row: {
  title: string
  review: string
  review_reason: string
  reviewed_by: string
}) {
  if (row.review === 'rejected') {
    return `The client asked for changes to ${quoted(row.title)}: ${shortened(row.review_reason)}`
  }
  return row.reviewed_by
    ? `The client approved ${quoted(row.title)}.`
    : `The inspection period for ${quoted(row.title)} ended; the client had not objected.`
}

const RELEASED_BY: Record<string, string> = {
  approval: 'The client approved the work and released',
  early: 'The client released, without waiting for a submission,',
  inspection_elapsed: 'After the agreed period without an objection, the platform released',
  resolution: 'By the settlement of a dispute, the platform released',
}

async function releases(
  trx: TransactionClientContract,
  depositId: string
): Promise<(Fact & { byClient: boolean })[]> {
  const { rows } = await trx.rawQuery(
    `SELECT m.title, r.kind, r.amount, r.currency, r.created_at
       FROM releases r JOIN milestones m ON m.id = r.milestone_id
      WHERE r.deposit_id = ? ORDER BY r.id`,
    [depositId]
  )
  return rows.map((row: any) => ({
    at: row.created_at,
    text: `${RELEASED_BY[row.kind]} ${formatMinor(row.amount, row.currency)} ${row.currency} for ${quoted(row.title)}.`,
    byClient: row.kind === 'approval' || row.kind === 'early',
  }))
}

async function messages(trx: TransactionClientContract, projectId: string): Promise<Fact[]> {
  const { rows } = await trx.rawQuery(
    `SELECT u.user_type, m.body, m.created_at
       FROM messages m JOIN users u ON u.id = m.sender_id
      WHERE m.project_id = ? ORDER BY m.id`,
    [projectId]
  )
  return rows.map((row: any) => ({
    at: row.created_at,
    text: `Message from the ${row.user_type}: ${shortened(row.body)}`,
  }))
}

const quoted = (text: string) => `"${text}"`

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > LONGEST_TEXT ? `${line.slice(0, LONGEST_TEXT)} [...]` : line
}

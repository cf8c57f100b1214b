import { inSnapshot } from '#database/snapshot'
import type { Client } from '#ledger/balances'
import { Money, type Currency } from '#ledger/money'
import { balancesOf } from '#ledger/positions'
import type User from '#models/user'
import {
  disputesToAct,
  dueSoon,
  heldByProject,
  openMilestones,
  overviewOf,
  proposalsToAnswer,
  recentActivity,
  topOf,
  unansweredRefunds,
  type AboutProjectRow,
  type MilestoneRow,
  type Top,
} from '#escrow/dashboard/lists'
import { freelancerHistory, type FreelancerFigure, type History } from '#escrow/dashboard/months'

export interface ReceivedInvitationRow extends AboutProjectRow {
  invitation_id: string
  client_id: string
  client_first_name: string
  client_last_name: string
  client_email: string
  amount: bigint
  currency: Currency
  expires_at: Date
}

export interface ToRedoRow extends MilestoneRow {
  rejected_at: Date | null
  /** Of the client. */
  reason: string | null
}

/** A freelancer's money in one currency; the ledger's balances and what was posted to them. */
export interface FreelancerMoney extends History<FreelancerFigure> {
  currency: Currency
  /** Held in escrow for their milestones; the fee comes off when it is released. */
  held: Money
  payable: Money
  inTransit: Money
  /** What they owe us for payments that were taken back. */
  owed: Money
}

export type FreelancerDashboard = Awaited<ReturnType<typeof freelancerDashboard>>

/**
 * What a freelancer sees first. All of it is one moment, and the same number of queries whatever the size.
 *
 * Every amount is the ledger's: `held` is the sum of the escrow accounts of their milestones, `payable`, `in
 * transit` and `owed` are the balances of the accounts of that name; what moved is on `payments/statement`.
 */
export function freelancerDashboard(user: User) {
  return inSnapshot(async (trx) => {
    const overview = await overviewOf(trx, user)
    return {
      ...overview,
      money: await moneyOf(trx, user, overview),
      heldByProject: await heldByProject(trx, user),
      awaitingMe: {
        invitations: await receivedInvitations(trx, user),
        refundRequests: await unansweredRefunds(trx, user),
        disputes: await disputesToAct(trx, user),
        proposals: await proposalsToAnswer(trx, user),
        rejectedWork: await toRedo(trx, user),
        milestonesToDeliver: await toDeliver(trx, user),
      },
      dueSoon: await dueSoon(trx, user),
      recentActivity: await recentActivity(trx, user),
    }
  })
}

async function moneyOf(
  client: Client,
  user: User,
  { currencies, now }: { currencies: Currency[]; now: Date }
): Promise<FreelancerMoney[]> {
  const balances = await balancesOf(client, 'freelancer', user.id)
  const held = await heldFor(client, user)
  const history = await freelancerHistory(client, user.id, now, currencies)
  return [...history].map(([currency, figures]) => {
    const of = (part: string) => balances.get(currency)?.get(part) ?? 0n
    return {
      currency,
      held: Money.of(held.get(currency) ?? 0n, currency),
      payable: Money.of(of('payable'), currency),
      inTransit: Money.of(of('payout_in_transit'), currency),
      owed: Money.of(-of('freelancer_receivable'), currency),
      ...figures,
    }
  })
}

async function heldFor(client: Client, user: User): Promise<Map<Currency, bigint>> {
  const { rows } = await client.rawQuery<{ rows: { currency: Currency; held: bigint }[] }>(
    `SELECT a.currency, sum(a.balance)::bigint AS held
       FROM projects p
       JOIN milestones m ON m.project_id = p.id
       JOIN ledger_accounts a ON a.name = 'escrow:' || m.id
      WHERE p.freelancer_id = ?
      GROUP BY 1`,
    [user.id]
  )
  return new Map(rows.map(({ currency, held }) => [currency, held]))
}

/** As in `GET invitations`: nothing, for an address that is not proven to be theirs. */
function receivedInvitations(client: Client, user: User): Promise<Top<ReceivedInvitationRow>> {
  return topOf<ReceivedInvitationRow>(
    client,
    {
      select: `
        SELECT i.id AS invitation_id, i.expires_at, p.id AS project_id, p.title AS project_title,
               p.total_amount AS amount, p.currency, u.id AS client_id,
               u.first_name AS client_first_name, u.last_name AS client_last_name,
               u.email AS client_email
          FROM invitations i
          JOIN projects p ON p.id = i.project_id
          JOIN users u ON u.id = p.client_id
         WHERE i.email = :email AND i.status = 'pending' AND i.expires_at > now() AND :verified`,
      order: 'expires_at, invitation_id',
    },
    { email: user.email, verified: user.isVerified }
  )
}

/** Rejected work, the longest waiting first, with the client's reasons. */
function toRedo(client: Client, user: User): Promise<Top<ToRedoRow>> {
  const latest = (column: string) =>
    `(SELECT s.${column} FROM submissions s WHERE s.milestone_id = shown.milestone_id
       ORDER BY s.id DESC LIMIT 1)`
  return topOf<ToRedoRow>(
    client,
    {
      select: openMilestones(user, `m.status = 'rejected' AND m.funded_at IS NOT NULL`),
      order: 'due_date, milestone_id',
      outer: `, ${latest('reviewed_at')} AS rejected_at, ${latest('review_reason')} AS reason`,
    },
    { user: user.id }
  )
}

/** Paid for and not handed in yet, what is due first comes first. */
function toDeliver(client: Client, user: User): Promise<Top<MilestoneRow>> {
  return topOf<MilestoneRow>(
    client,
    {
      select: openMilestones(user, `m.status = 'pending' AND m.funded_at IS NOT NULL`),
      order: 'due_date, milestone_id',
    },
    { user: user.id }
  )
}

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
import { clientHistory, type ClientFigure, type History } from '#escrow/dashboard/months'

export interface ReviewRow extends MilestoneRow {
  submitted_at: Date
  /** Empty while something has stopped the clock. */
  auto_approve_at: Date | null
}

export interface ToFundRow extends MilestoneRow {
  /** A deposit for it that waits to be paid. */
  pending_deposit_id: string | null
}

export interface SentInvitationRow extends AboutProjectRow {
  invitation_id: string
  email: string
  expires_at: Date
}

/** A client's money in one currency; the ledger's balances and what was posted to them. */
export interface ClientMoney extends History<ClientFigure> {
  currency: Currency
  held: Money
  refundInTransit: Money
  /** Refunds that no rail could carry: still owed. */
  refundPayable: Money
  /** Money that came for something no longer there, before it goes back. */
  unapplied: Money
}

export type ClientDashboard = Awaited<ReturnType<typeof clientDashboard>>

/**
 * What a client sees first. All of it is one moment, and the same number of queries whatever the size.
 *
 * Every amount is the ledger's: `held` is the sum of the escrow accounts of their milestones, which
 * `payments/escrow/{project_id}` shows one by one; what moved is on `payments/statement`, entry by entry.
 */
export function clientDashboard(user: User) {
  return inSnapshot(async (trx) => {
    const overview = await overviewOf(trx, user)
    return {
      ...overview,
      money: await moneyOf(trx, user, overview),
      heldByProject: await heldByProject(trx, user),
      awaitingMe: {
        reviews: await toReview(trx, user),
        disputes: await disputesToAct(trx, user),
        proposals: await proposalsToAnswer(trx, user),
        milestonesToFund: await toFund(trx, user),
      },
      awaitingOthers: {
        invitations: await sentInvitations(trx, user),
        refundRequests: await unansweredRefunds(trx, user),
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
): Promise<ClientMoney[]> {
  const balances = await balancesOf(client, 'client', user.id)
  const history = await clientHistory(client, user.id, now, currencies)
  return [...history].map(([currency, figures]) => {
    const of = (part: string) => Money.of(balances.get(currency)?.get(part) ?? 0n, currency)
    return {
      currency,
      held: of('held'),
      refundInTransit: of('refund_in_transit'),
      refundPayable: of('refund_payable'),
      unapplied: of('unapplied'),
      ...figures,
    }
  })
}

/** Work that waits for the client's judgement; what counts as approved first comes first. */
function toReview(client: Client, user: User): Promise<Top<ReviewRow>> {
  return topOf<ReviewRow>(
    client,
    {
      select: openMilestones(user, `m.status = 'submitted'`, ', m.auto_approve_at'),
      order: 'auto_approve_at, milestone_id',
      outer: `, (SELECT s.created_at FROM submissions s WHERE s.milestone_id = shown.milestone_id
                  ORDER BY s.id DESC LIMIT 1) AS submitted_at`,
    },
    { user: user.id }
  )
}

function toFund(client: Client, user: User): Promise<Top<ToFundRow>> {
  return topOf<ToFundRow>(
    client,
    {
      select: openMilestones(user, 'm.funded_at IS NULL'),
      order: 'due_date, milestone_id',
      outer: `, (SELECT t.id FROM deposit_allocations a JOIN transactions t ON t.id = a.transaction_id
                  WHERE a.milestone_id = shown.milestone_id AND a.live AND t.status = 'pending')
                AS pending_deposit_id`,
    },
    { user: user.id }
  )
}

function sentInvitations(client: Client, user: User): Promise<Top<SentInvitationRow>> {
  return topOf<SentInvitationRow>(
    client,
    {
      select: `
        SELECT i.id AS invitation_id, i.email, i.expires_at, p.id AS project_id, p.title AS project_title
          FROM invitations i JOIN projects p ON p.id = i.project_id
         WHERE i.invited_by = :user AND i.status = 'pending' AND i.expires_at > now()`,
      order: 'expires_at, invitation_id',
    },
    { user: user.id }
  )
}

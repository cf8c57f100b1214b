import db from '@adonisjs/lucid/services/db'
import { Money, sumOf } from '#ledger/money'
import { unprocessable } from '#exceptions/problem'
import type { RailLimits } from '#payments/provider'
import { offeredProviders } from '#payments/registry'
import type Milestone from '#models/milestone'
import type { PaymentProvider } from '#models/transaction'
import { setting } from '#escrow/settings'

export interface Quote {
  amount: Money
  platformFeeBps: number
  platformFee: Money
  /** What the freelancer gets when all of it is released. */
  net: Money
  providers: { name: PaymentProvider; limits: RailLimits; accepted: boolean }[]
}

/**
 * Says what a deposit would cost and bring, before anybody pays or accepts. The platform fee is taken
 * on release and comes out of the amount; the client pays nothing on top.
 *
 * A running project has its fee from acceptance; anything else is quoted with today's.
 *
 * @param of milestones of one project, or an amount
 * @throws Problem 422 milestones of several projects
 */
export async function quote(of: Milestone[] | Money): Promise<Quote> {
  const { amount, bps } = of instanceof Money ? { amount: of, bps: null } : sumOfOneProject(of)
  const platformFeeBps = bps ?? (await setting(db, 'platform_fee_bps'))
  const platformFee = Array.isArray(of)
    ? sumOf(
        of.map((milestone) =>
          Money.of(milestone.amount, milestone.currency).basisPoints(platformFeeBps)
        ),
        amount.currency
      )
    : amount.basisPoints(platformFeeBps)
  return {
    amount,
    platformFeeBps,
    platformFee,
    net: amount.subtract(platformFee),
    providers: providersFor(amount),
  }
}

function sumOfOneProject(milestones: Milestone[]): { amount: Money; bps: number | null } {
  const [{ project }] = milestones
  if (milestones.some((milestone) => milestone.projectId !== project.id)) {
    throw unprocessable('milestone_ids', 'same_project', 'Name milestones of one project only.')
  }
  const amounts = milestones.map((milestone) => Money.of(milestone.amount, milestone.currency))
  return { amount: sumOf(amounts, project.currency), bps: project.platformFeeBps }
}

function providersFor(amount: Money): Quote['providers'] {
  return offeredProviders().flatMap((provider) => {
    const limits = provider.limitsFor(amount.currency)
    if (!limits) return []
    const accepted = amount.compare(limits.minimum) >= 0 && amount.compare(limits.maximum) <= 0
    return [{ name: provider.name, limits, accepted }]
  })
}

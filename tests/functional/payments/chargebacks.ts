import db from '@adonisjs/lucid/services/db'
import { accounts } from '#ledger/chart_of_accounts'
import type { Case } from '#tests/support/projects'
import { fundedProject, pay } from '#tests/support/projects'
import { api, expectData } from '#tests/support/api'
import { settle } from '#tests/support/jobs'
import { breaks, held } from '#tests/support/ledger'
import { sandbox } from '#tests/support/sandbox'
import { resetAll } from '#tests/support/database'
import type { NewDispute } from '#sandbox/stripe/resources/disputes'

let float = 0

/** As `resetAll`, and remembers what our balance at Stripe begins with. */
export async function freshStart(): Promise<void> {
  await resetAll()
  float = sandbox.available()
}

/** What a good end of every story is: no break, and our books have what Stripe has. */
export async function disagreements(): Promise<string[]> {
  const found = await breaks()
  const there = sandbox.balanceTransactions
    .filter(({ type }) => type !== 'payment' && type !== 'payment_refund' && type !== 'payout')
    .reduce((sum, { net }) => sum + net, 0)
  const ours = await held(accounts.clearing('stripe'))
  const stripes = ((there - float) / 100).toFixed(2)
  if (ours !== stripes) found.push(`clearing is ${ours}, Stripe has ${stripes}`)
  return found
}

/** A charge's payer goes to their bank, and the news arrives. Answers Stripe's id of the dispute. */
export async function disputed(wanted: NewDispute = {}, charge = 0): Promise<string> {
  const paid = sandbox.charges.filter(({ payment_intent: intent }) => intent !== null)
  const id = sandbox.openDispute(paid[charge].id, wanted)
  await settle()
  return id
}

/** The bank decides, and the news arrives. */
export async function decided(dispute: string, outcome: 'won' | 'lost'): Promise<void> {
  sandbox.closeDispute(dispute, outcome)
  await settle()
}

export const releaseOf = async (found: Case, which: number, amount?: string) =>
  expectData(
    await pay(found.client, 'payments/release', {
      milestone_id: found.milestones[which].id,
      ...(amount && { amount }),
    }),
    201
  )

/** Of one payment, released and paid out in full. */
export async function releasedProject(amounts = ['1000.00']): Promise<Case> {
  const found = await fundedProject({ amounts })
  for (const index of amounts.keys()) await releaseOf(found, index)
  await settle()
  return found
}

export const debtOf = ({ freelancer }: Case) => held(accounts.freelancerReceivable(freelancer.id))
export const payableOf = ({ freelancer }: Case) => held(accounts.payable(freelancer.id))
export const lossOf = () => held(accounts.chargebackLoss())

export const milestoneNow = async ({ client, milestones }: Case, which = 0) =>
  expectData(await api(client).get(`milestones/${milestones[which].id}`))

export const projectNow = async ({ client, project }: Case) =>
  expectData(await api(client).get(`projects/${project.id}`))

export const toldTo = async (user: Case['client']): Promise<string[]> =>
  expectData(await api(user).get('notifications?limit=100')).map((one: any) => one.kind)

export const chargebacks = () => db.from('chargebacks').orderBy('id')

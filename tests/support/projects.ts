import { randomUUID } from 'node:crypto'
import { DateTime } from 'luxon'
import Milestone from '#models/milestone'
import Project from '#models/project'
import type { PaymentProvider } from '#models/transaction'
import type User from '#models/user'
import type { DepositMethod } from '#payments/provider'
import { invitationToken } from '#escrow/invitation_token'
import { api, expectData } from '#tests/support/api'
import { settle } from '#tests/support/jobs'
import { paypalSandbox, sandbox } from '#tests/support/sandbox'
import { aClient, aFreelancer } from '#tests/support/users'

/** A case and the people in it. Everything in it was done through the API. */
export interface Case {
  client: User
  freelancer: User
  project: Project
  milestones: Milestone[]
  /** The first one. */
  milestone: Milestone
}

export interface CaseOptions {
  client?: User
  freelancer?: User
  /** Of the milestones, in order; default one of 1,000.00. */
  amounts?: string[]
  /** Default: the sum of `amounts`. */
  total?: string
  /** Days from now. */
  dueInDays?: number
  /** Whether the freelancer can be paid out, default true. */
  payable?: boolean
  /** What the client pays with, and the freelancer is paid by unless `payoutProvider` says; default stripe. */
  provider?: PaymentProvider
  payoutProvider?: PaymentProvider
}

export const inDays = (days: number) => DateTime.utc().plus({ days }).toISO()

/** A draft, as its client has just written it, without milestones. */
export async function aProject(options: { client?: User; total?: string } = {}) {
  const client = options.client ?? (await aClient())
  const data = expectData(
    await api(client).post('projects', {
      title: 'A website',
      description: 'Three pages and a form.',
      total_amount: options.total ?? '1000.00',
      deadline: inDays(60),
    }),
    201
  )
  return { client, project: await Project.findOrFail(data.id) }
}

/** Drafted with its milestones, the freelancer invited, and accepted. */
export async function activeProject(options: CaseOptions = {}): Promise<Case> {
  const amounts = options.amounts ?? ['1000.00']
  const client = options.client ?? (await aClient())
  const freelancer = options.freelancer ?? (await aFreelancer())
  const { project } = await aProject({ client, total: options.total ?? sumOf(amounts) })
  const ids: string[] = []
  for (const [index, amount] of amounts.entries()) {
    const path = `projects/${project.id}/milestones`
    const milestone = {
      title: `Part ${index + 1}`,
      description: 'What was agreed.',
      amount,
      due_date: inDays(options.dueInDays ?? 30),
    }
    ids.push(expectData(await api(client).post(path, milestone), 201).id)
  }
  await acceptedInvitation(project, client, freelancer)
  if (options.payable ?? true) {
    await aPayoutAccount(freelancer, options.payoutProvider ?? options.provider)
  }
  return refreshed({ client, freelancer, project, ids })
}

/** An active project whose milestones are all paid for, in one deposit. */
export async function fundedProject(options: CaseOptions = {}): Promise<Case> {
  const found = await activeProject(options)
  await fund(found.client, found.milestones, options.provider)
  const ids = found.milestones.map(({ id }) => id)
  return refreshed({ ...found, ids })
}

/** The first milestone of a funded project. */
export async function fundedMilestone(
  options: Omit<CaseOptions, 'amounts'> & { amount?: string } = {}
) {
  const { amount, ...rest } = options
  const found = await fundedProject({ ...rest, amounts: amount ? [amount] : undefined })
  return { ...found, milestone: found.milestones[0] }
}

/** Starts a deposit and answers it as the API does; nothing is paid yet. */
export async function aDeposit(
  client: User,
  milestones: Milestone[],
  method?: DepositMethod,
  provider: PaymentProvider = 'stripe'
) {
  return expectData(
    await api(client).post(
      'payments/deposit',
      { milestone_ids: milestones.map(({ id }) => id), payment_provider: provider, method },
      { idempotencyKey: randomUUID() }
    ),
    201
  )
}

/** Deposits for milestones, pays as the client's browser would, and lets the news arrive. */
export async function fund(client: User, milestones: Milestone[], provider?: PaymentProvider) {
  const deposit = await aDeposit(client, milestones, undefined, provider)
  payIn(deposit)
  await settle()
  return expectData(await api(client).get(`payments/transactions/${deposit.id}`))
}

/** Pays a deposit, as the API answered it, with what its provider always takes. */
export function payIn(deposit: { payment_provider: string; provider_transaction_id: string }) {
  const paid =
    deposit.payment_provider === 'stripe'
      ? sandbox.confirm(deposit.provider_transaction_id)
      : paypalSandbox.approve(deposit.provider_transaction_id)
  if (!paid) throw new Error('The payment was declined.')
}

/** What PayPal and Venmo pay without further ado; Stripe makes an account, and has it onboarded. */
export async function aPayoutAccount(freelancer: User, provider: PaymentProvider = 'stripe') {
  const account = expectData(
    await api(freelancer).post('payments/payout-accounts', {
      payment_provider: provider,
      ...(provider === 'stripe' ? { country: 'US' } : { destination: freelancer.email }),
    }),
    201
  )
  if (provider === 'stripe') {
    const path = `payments/payout-accounts/${account.id}/onboarding-link`
    const link = expectData(await api(freelancer).post(path, {}))
    const page = await fetch(link.url, { method: 'POST', redirect: 'manual' })
    await page.arrayBuffer()
  }
  await settle()
  return account
}

async function acceptedInvitation(project: Project, client: User, freelancer: User) {
  const path = `projects/${project.id}/invitations`
  const invitation = expectData(await api(client).post(path, { email: freelancer.email }), 201)
  // As in the e-mail's link.
  const token = invitationToken(invitation.id)
  expectData(await api(freelancer).post(`invitations/${token}/accept`))
}

async function refreshed(found: {
  client: User
  freelancer: User
  project: Project
  ids: string[]
}): Promise<Case> {
  const { ids, client, freelancer } = found
  const rows = await Milestone.query().whereIn('id', ids)
  const milestones = ids.map((id) => rows.find((row) => row.id === id)!)
  const project = await Project.findOrFail(found.project.id)
  return { client, freelancer, project, milestones, milestone: milestones[0] }
}

function sumOf(amounts: string[]): string {
  const cents = amounts.reduce((sum, amount) => sum + BigInt(amount.replace('.', '')), 0n)
  return String(cents)
    .padStart(3, '0')
    .replace(/(\d\d)$/, '.$1')
}

/** A funded milestone whose work has been handed in. */
export async function submittedMilestone(options: Parameters<typeof fundedMilestone>[0] = {}) {
  const found = await fundedMilestone(options)
  await submit(found.freelancer, found.milestone)
  return found
}

/** Hands work in. */
export async function submit(freelancer: User, milestone: Milestone) {
  const path = `milestones/${milestone.id}/submit`
  return expectData(await api(freelancer).post(path, { note: 'Done.', links: [] }))
}

/** Sends one money POST under a key of its own, or the given one. */
export function pay(
  user: User,
  path: string,
  body?: unknown,
  idempotencyKey: string = randomUUID()
) {
  return api(user).post(path, body, { idempotencyKey })
}

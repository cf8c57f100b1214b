import { randomBytes } from 'node:crypto'
import type { Surroundings } from '../surroundings/start.js'
import { waitFor } from '../surroundings/wait.js'
import { Api, type Data } from './api.js'
import type { DemoProvider } from './providers.js'
import { Mailbox } from './mailbox.js'
import type { Story } from './story.js'

export interface Person {
  id: string
  name: string
  email: string
  password: string
  api: Api
}

/** Who and what the main job was about, for whoever adds it up. */
export interface Played {
  client: Person
  freelancer: Person
  projectId: string
  milestones: Data[]
}

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()

/** A main job that was played up to some point. */
export interface Begun extends Played {
  provider: DemoProvider
  story: Story
  wait<T>(what: string, ask: () => Promise<T | undefined | false>): Promise<T>
}

/**
 * Plays the main job from registration to the completed project, as a client's and a freelancer's
 * programs would: through the public API, the e-mails, and the pages that the payment provider shows.
 */
export async function playMainJob(
  surroundings: Surroundings,
  provider: DemoProvider,
  story: Story,
  interrupted: AbortSignal
): Promise<Played> {
  const job = await agree(surroundings, provider, story, interrupted)
  await openAccount(job)
  await payIn(job, await startDeposit(job))
  await submitFirst(job)
  await approveFirst(job)
  await payoutOf(job)
  await takeBackSecond(job)
  return job
}

/** Both register, and agree on a project of two milestones. */
export async function agree(
  surroundings: Surroundings,
  provider: DemoProvider,
  story: Story,
  interrupted: AbortSignal
): Promise<Begun> {
  const mailbox = new Mailbox(surroundings.env.MAIL_DIR, interrupted)
  const wait = <T>(what: string, ask: () => Promise<T | undefined | false>) =>
    waitFor(what, ask, { interrupted, withinMs: 60_000 })
  const run = randomBytes(3).toString('hex')

  const register = async (type: 'client' | 'freelancer', first_name: string, last_name: string) => {
    const email = `${first_name.toLowerCase()}.${run}@example.com`
    const password = randomBytes(12).toString('base64url')
    const anyone = new Api(surroundings.url)
    await anyone.post('auth/register', { email, password, user_type: type, first_name, last_name })
    story.tell(first_name, `registers as a ${type} with ${email}`)
    const token = await mailbox.find(email, /\/verify-email#token=([\w-]+)/)
    await anyone.post('auth/verify-email', { token })
    const signedIn = await anyone.post('auth/login', { email, password })
    story.tell(first_name, 'opens the link in the e-mail and signs in')
    const name = `${first_name} ${last_name}`
    return { id: signedIn.user.id, name, email, password, api: anyone.as(signedIn.access_token) }
  }
  const client = await register('client', 'Clara', 'Reyes')
  const freelancer = await register('freelancer', 'Farid', 'Okafor')

  const project = await client.api.post('projects', {
    title: `Shop for handmade lamps (${run})`,
    description: 'Design, checkout and a translation of all texts.',
    total_amount: '1400.00',
    currency: 'USD',
    deadline: inDays(60),
  })
  story.tell('Clara', `drafts "${project.title}", ${project.total_amount} ${project.currency}`)
  const milestones: Data[] = []
  for (const [title, amount, days] of [
    ['Design and checkout', '1000.00', 30],
    ['Translation', '400.00', 45],
  ] as const) {
    const milestone = await client.api.post(`projects/${project.id}/milestones`, {
      title,
      description: `${title}, as discussed.`,
      amount,
      due_date: inDays(days),
    })
    milestones.push(milestone)
    story.tell('Clara', `adds the milestone "${title}", ${milestone.amount}`)
  }

  await client.api.post(`projects/${project.id}/invitations`, { email: freelancer.email })
  story.tell('Clara', `invites ${freelancer.email}`)
  const invitation = await mailbox.find(freelancer.email, /\/invitations?[^#\s"]*#token=([\w-]+)/)
  await freelancer.api.post(`invitations/${invitation}/accept`)
  story.tell('Farid', 'opens the invitation and accepts: the project is active')

  return { client, freelancer, projectId: project.id, milestones, provider, story, wait }
}

/** The freelancer says where to be paid. */
export async function openAccount({ freelancer, provider, story, wait }: Begun): Promise<void> {
  const account = await freelancer.api.post('payments/payout-accounts', {
    payment_provider: provider.name,
    country: 'US',
    ...provider.payoutAccount(freelancer),
  })
  await provider.onboard(freelancer.api, account)
  await wait('the payout account to be enabled', async () => {
    const accounts = (await freelancer.api.get('payments/payout-accounts')) as Data[]
    return accounts.some(({ id, status }) => id === account.id && status === 'enabled')
  })
  story.tell('Farid', provider.words.account)
}

/** The client starts the deposit for both milestones; nothing is paid yet. */
export async function startDeposit({ client, milestones, provider, story }: Begun): Promise<Data> {
  const deposit = await client.api.pay('payments/deposit', {
    milestone_ids: milestones.map(({ id }) => id),
    payment_provider: provider.name,
  })
  story.tell(
    'Clara',
    `starts a deposit of ${deposit.amount} for both milestones (${deposit.status})`
  )
  return deposit
}

/** The client pays it, and the money is held. */
export async function payIn(
  { client, projectId, provider, story, wait }: Begun,
  deposit: Data
): Promise<void> {
  await provider.pay(deposit.client_action)
  story.tell('Clara', provider.words.pays)
  const held = await wait('the webhook to complete the deposit', async () => {
    const { status } = await client.api.get(`payments/transactions/${deposit.id}`)
    return status === 'completed' && client.api.get(`payments/escrow/${projectId}`)
  })
  story.tell(
    provider.title,
    `sends its webhook: the deposit is completed, ${held.balance} held in escrow`
  )
}

/** The freelancer hands in the work of the first milestone. */
export async function submitFirst({ freelancer, milestones, story }: Begun): Promise<void> {
  const [first] = milestones
  await freelancer.api.post(`milestones/${first.id}/submit`, {
    note: 'Design and checkout are live on the test server.',
    links: ['https://example.com/lamps'],
  })
  story.tell('Farid', `submits "${first.title}"`)
}

/** The client approves it, which releases its money. */
export async function approveFirst({ client, projectId, milestones, story }: Begun): Promise<void> {
  const [first] = milestones
  await client.api.pay(`milestones/${first.id}/approve`)
  const released = await client.api.get(`payments/escrow/${projectId}`)
  story.tell(
    'Clara',
    `approves it: ${released.total_released} released, ${released.balance} still held`
  )
}

/** Waits until the freelancer has the money. */
export async function payoutOf({ freelancer, provider, story, wait }: Begun): Promise<Data> {
  const payout = await wait('the payout', async () => {
    const payouts = (await freelancer.api.get('payments/payouts')) as Data[]
    return payouts.find(({ status }) => status === 'completed')
  })
  story.tell(
    'SafeSend',
    `pays ${payout.amount} out to Farid's ${provider.title} account, the fee is kept`
  )
  return payout
}

/** The client takes the second milestone back, which completes the project. */
export async function takeBackSecond(job: Begun): Promise<void> {
  const { client, projectId, milestones, provider, story, wait } = job
  const [, second] = milestones
  await client.api.pay('payments/refund', {
    milestone_id: second.id,
    reason: 'We translate in house after all.',
  })
  story.tell('Clara', `takes "${second.title}" back before any work began`)
  const refunded = await wait('the refund', async () => {
    const escrow = await client.api.get(`payments/escrow/${projectId}`)
    const transactions = (await client.api.get('payments/transactions?limit=100')) as Data[]
    const refund = transactions.find(({ transaction_type }) => transaction_type === 'refund')
    return refund?.status === 'completed' && escrow
  })
  story.tell('SafeSend', `refunds ${refunded.total_refunded} ${provider.words.refund}`)
  await wait('the project to be completed', async () => {
    const { status } = await client.api.get(`projects/${projectId}`)
    return status === 'completed'
  })
  story.tell('SafeSend', 'completes the project: every milestone is closed')
}

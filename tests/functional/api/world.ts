import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { invitationToken } from '#escrow/invitation_token'
import type User from '#models/user'
import { handOver } from '#identity/oauth/handovers'
import { api, expectData } from '#tests/support/api'
import { Authenticator, withAuthenticator } from '#tests/support/authenticator'
import { settle } from '#tests/support/jobs'
import { mailedToken } from '#tests/support/mailbox'
import {
  activeProject,
  aDeposit,
  aProject,
  fund,
  inDays,
  pay,
  submit,
} from '#tests/support/projects'
import { aClient, aFreelancer, PASSWORD } from '#tests/support/users'

/** A client, a freelancer, and one record of each kind in a state in which something can be done with it. */
export type World = Awaited<ReturnType<typeof aWorld>>

export async function aWorld() {
  const client = await aClient()
  const freelancer = await aFreelancer()
  const ours = { client, freelancer }

  const { project, milestones } = await activeProject({
    ...ours,
    amounts: Array.from({ length: 8 }, () => '100.00'),
    total: '1000.00',
  })
  const [funded, submitted, unfunded, inQuestion, beingPaid, givenUp, disputed, negotiated] =
    milestones
  const paid = await fund(client, [funded, submitted, inQuestion, disputed, negotiated])
  await submit(freelancer, submitted)
  await submit(freelancer, inQuestion)
  const refund = expectData(
    await pay(client, 'payments/refund', { milestone_id: inQuestion.id, reason: 'Not as agreed.' }),
    201
  )
  const deposit = await aDeposit(client, [beingPaid])
  // One of its own: what is cancelled at Stripe stays so, whatever is restored here.
  const cancellable = await aDeposit(client, [givenUp])
  const proposal = expectData(
    await api(freelancer).post(`projects/${project.id}/proposals`, {
      kind: 'change_project',
      changes: { title: 'Another title' },
    }),
    201
  )
  expectData(await api(client).post(`projects/${project.id}/messages`, { body: 'Hello.' }), 201)

  const dispute = await aDispute(client, disputed.id)
  const negotiating = await aDispute(client, negotiated.id)
  expectData(
    await api(freelancer).post(`disputes/${negotiating.id}/answer`, { body: 'It is done.' })
  )
  const settlement = expectData(
    await api(client).post(`disputes/${negotiating.id}/offers`, { to_freelancer: '60.00' }),
    201
  )
  const evidence = expectData(
    await api(client).upload(`disputes/${negotiating.id}/evidence`, 'file', 'What was agreed.'),
    201
  )

  const ending = await activeProject({
    ...ours,
    amounts: ['50.00'],
    total: '60.00',
    payable: false,
  })
  await fund(client, ending.milestones)
  expectData(await pay(client, 'payments/release', { milestone_id: ending.milestone.id }), 201)

  const { project: draft } = await aProject({ client })
  const draftMilestone = expectData(
    await api(client).post(`projects/${draft.id}/milestones`, aMilestone()),
    201
  )
  const { project: offered } = await aProject({ client })
  expectData(await api(client).post(`projects/${offered.id}/milestones`, aMilestone()), 201)
  const invitation = expectData(
    await api(client).post(`projects/${offered.id}/invitations`, { email: freelancer.email }),
    201
  )

  const [offer] = expectData(await api(freelancer).get('invitations?status=pending'))

  const mail = `new${randomUUID()}@example.com`
  expectData(
    await api().post('auth/register', { email: mail, password: PASSWORD, user_type: 'client' }),
    201
  )
  const { refresh_token: refreshToken } = expectData(
    await api().post('auth/login', { email: client.email, password: PASSWORD })
  )
  expectData(await api().post('auth/reset-password', { email: client.email }), 202)
  const wanted = { email: `moved${randomUUID()}@example.com`, password: PASSWORD }
  expectData(await api(client).post('auth/change-email', wanted), 202)
  const session = await db
    .from('sessions')
    .where('user_id', client.id)
    .orderBy('id', 'desc')
    .first()
  const { app, challenge } = await aSecondFactor(freelancer)
  const linkCode = await handOver('github', profileAt(client.email))
  const newcomer = `newcomer${randomUUID()}@example.com`
  const newcomerCode = await handOver('google', profileAt(newcomer))
  // As long as the tests take.
  for (const table of ['mfa_challenges', 'oauth_handovers']) {
    await db.from(table).update({ expires_at: db.raw("now() + interval '1 day'") })
  }
  const { otpauth_url: enrolled } = expectData(
    await api(client).post('auth/mfa/enroll', { password: PASSWORD }),
    201
  )
  expectData(await api(client).post('users/export'), 202)
  await settle()
  const deliverable = expectData(
    await api(freelancer).upload(`milestones/${funded.id}/deliverables`, 'file', 'Done.'),
    201
  )
  const [copy] = expectData(await api(client).get('users/exports'))
  const [account] = expectData(await api(freelancer).get('payments/payout-accounts'))
  const [{ id: notification }] = await db.from('notifications').where('user_id', client.id)

  return {
    client,
    freelancer,
    project: project.id,
    ending: ending.project.id,
    draft: draft.id,
    draftMilestone: draftMilestone.id as string,
    invitation: invitationToken(invitation.id),
    invitationId: invitation.id as string,
    terms: offer.project.terms as string,
    funded: funded.id,
    submitted: submitted.id,
    unfunded: unfunded.id,
    refund: refund.id as string,
    dispute: dispute.id as string,
    negotiating: negotiating.id as string,
    settlement: settlement.id as string,
    evidence: evidence.id as string,
    paid: paid.id as string,
    deposit: deposit.id as string,
    cancellable: cancellable.id as string,
    proposal: proposal.id as string,
    account: account.id as string,
    export: copy.id as string,
    notification: notification as string,
    deliverable: deliverable.id as string,
    refreshToken: refreshToken as string,
    session: session.id as string,
    identity: await anIdentity(client),
    linkCode,
    newcomerCode,
    emailToken: await mailedToken(client.email, '/confirm-email-change'),
    /** Of the freelancer, who is asked for codes; and of the client, who has not confirmed it yet. */
    app,
    challenge,
    newApp: new Authenticator(enrolled),
    verifyToken: await mailedToken(mail, '/verify-email'),
    resetToken: await mailedToken(client.email, '/reset-password'),
  }
}

const aDispute = async (by: User, milestoneId: string) =>
  expectData(
    await api(by).post(`milestones/${milestoneId}/disputes`, {
      reason: 'The form is missing.',
      asked_amount: '40.00',
    }),
    201
  )

/** Who a provider says that somebody is. */
const profileAt = (email: string) => ({
  subject: randomUUID(),
  email,
  firstName: 'Grace',
  lastName: 'Hopper',
})

async function anIdentity(user: User): Promise<string> {
  const { subject, email } = profileAt(user.email)
  const [{ id }] = await db
    .insertQuery()
    .table('identities')
    .insert({ user_id: user.id, provider: 'google', subject, email })
    .returning('id')
  return id
}

/** An authenticator app in force, and a sign-in that waits for its code. */
async function aSecondFactor(user: User) {
  const { app } = await withAuthenticator(user)
  const { challenge } = expectData(
    await api().post('auth/login', { email: user.email, password: PASSWORD })
  )
  return { app, challenge: challenge as string }
}

export const aMilestone = () => ({
  title: 'Design',
  description: 'Drafts of every page.',
  amount: '40.00',
  due_date: inDays(30),
})

/** A PNG of one pixel. */
export const A_PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64'
)

export type Side = 'nobody' | 'client' | 'freelancer' | 'unverified'

/** A request that is accepted: where every piece of rubbish starts from. */
export interface Example {
  /** What makes it different from the route's other ones, in the API's document. */
  title?: string
  /** Who may. */
  by: Side
  /** The other party may as well. */
  both?: boolean
  /** Path parameters in order. */
  params?: string[]
  body?: Record<string, unknown>
  /** In place of `body`: a file, in the form's field of that name. */
  file?: { field: string; contents: string }
  /** Fields that take any text, beside those that always do. */
  text?: string[]
  /** Members that are legal in spite of looking like rubbish. */
  legal?: Record<string, unknown[]>
  /** Its path parameter is a secret or a name, so that being somebody else's is not the question. */
  shared?: boolean
}

/** A body whose code is the one that the app shows when the body is sent. */
function withCode(app: Authenticator, more: object = {}): Record<string, unknown> {
  return {
    ...more,
    get code() {
      return app.code()
    },
  }
}

/**
 * One or more accepted requests for each route. **A new route needs a line here**, or the suite fails.
 * A GET without parameters needs none.
 */
export function examples(own: World): Record<string, Example[]> {
  const client = { by: 'client' as const }
  const freelancer = { by: 'freelancer' as const }
  const nobody = { by: 'nobody' as const }
  const both = { ...client, both: true }
  return {
    'POST auth/register': [
      {
        ...nobody,
        body: {
          email: 'somebody.new@example.com',
          password: PASSWORD,
          user_type: 'freelancer',
          first_name: 'Nova',
          last_name: 'Newton',
          terms_version: '2026-11-01',
        },
      },
    ],
    'GET terms': [nobody],
    'POST auth/login': [
      {
        ...nobody,
        title: 'With a password alone',
        body: { email: own.client.email, password: PASSWORD },
        text: ['email'],
      },
      {
        ...nobody,
        title: 'Where an authenticator app is asked for',
        body: { email: own.freelancer.email, password: PASSWORD },
        text: ['email'],
      },
    ],
    'POST auth/refresh': [{ ...nobody, body: { refresh_token: own.refreshToken } }],
    'POST auth/verify-email': [{ ...nobody, body: { token: own.verifyToken } }],
    'POST auth/reset-password': [
      {
        ...nobody,
        title: 'Ask for the link',
        body: { email: own.client.email },
        text: ['email'],
      },
      {
        ...nobody,
        title: 'Set the password',
        body: { token: own.resetToken, password: `${PASSWORD} 2` },
      },
    ],
    'POST auth/logout': [both],
    'POST auth/change-password': [
      { ...both, body: { current_password: PASSWORD, password: `${PASSWORD} 3` } },
    ],
    'POST auth/change-email': [
      { ...both, body: { email: 'elsewhere@example.com', password: PASSWORD } },
    ],
    'POST auth/change-email/confirm': [{ ...nobody, body: { token: own.emailToken } }],
    'DELETE auth/sessions': [both],
    'DELETE auth/sessions/:id': [{ ...both, params: [own.session] }],
    'GET auth/oauth': [nobody],
    'POST auth/oauth/exchange': [
      {
        ...nobody,
        body: { code: own.newcomerCode, user_type: 'client', terms_version: '2026-11-01' },
      },
    ],
    'POST auth/oauth/link/confirm': [{ ...both, body: { code: own.linkCode } }],
    'DELETE auth/identities/:id': [{ ...both, params: [own.identity] }],
    'POST auth/mfa/enroll': [{ ...both, body: { password: PASSWORD } }],
    'POST auth/mfa/confirm': [{ ...both, body: withCode(own.newApp) }],
    'POST auth/mfa/verify': [{ ...nobody, body: withCode(own.app, { challenge: own.challenge }) }],
    'POST auth/mfa/recovery-codes': [
      { ...freelancer, both: true, body: withCode(own.app, { password: PASSWORD }) },
    ],
    'POST auth/mfa/disable': [
      { ...freelancer, both: true, body: withCode(own.app, { password: PASSWORD }) },
    ],
    'POST auth/verify-email/resend': [{ by: 'unverified' }],
    'GET users/profile': [both],
    'GET users/dashboard': [
      { ...both, title: 'Of a client' },
      { ...freelancer, both: true, title: 'Of a freelancer' },
    ],
    'GET payments/payouts': [{ ...freelancer, both: true }],
    'PUT users/profile': [
      {
        ...both,
        body: {
          first_name: 'Ada',
          last_name: 'Lovelace',
          bio: 'I write.',
          skills: ['looms'],
          hourly_rate: '80.00',
          hourly_rate_currency: 'USD',
          portfolio_url: 'https://example.com/ada',
        },
        text: ['skills'],
        legal: { skills: [[], ['x']], portfolio_url: [''], hourly_rate: ['0', '0.00'] },
      },
    ],
    'POST users/export': [both],
    'GET users/exports/:id/download': [{ ...client, params: [own.export] }],
    'DELETE users/profile': [
      { by: 'unverified', body: { password: PASSWORD }, text: ['password'] },
    ],
    'POST users/upload-avatar': [
      { ...both, file: { field: 'avatar', contents: A_PICTURE.toString('latin1') } },
    ],
    'DELETE users/avatar': [both],
    'GET users/:id': [{ ...both, params: [own.freelancer.id] }],

    'POST projects': [
      {
        ...client,
        body: {
          title: 'A website',
          description: 'Three pages.',
          total_amount: '1000.00',
          currency: 'USD',
          deadline: inDays(60),
        },
      },
    ],
    'GET projects/:id': [{ ...both, params: [own.project] }],
    'PUT projects/:id': [
      {
        ...client,
        params: [own.draft],
        body: {
          title: 'Another website',
          description: 'Four pages.',
          total_amount: '1200.00',
          deadline: inDays(70),
        },
      },
    ],
    'DELETE projects/:id': [{ ...client, params: [own.draft] }],
    'POST projects/:id/cancel': [{ ...client, params: [own.draft] }],
    'POST projects/:id/complete': [{ ...client, params: [own.ending] }],
    'GET projects/:id/activity': [{ ...both, params: [own.project] }],
    'GET projects/:id/milestones': [{ ...both, params: [own.project] }],
    'POST projects/:id/milestones': [{ ...client, params: [own.draft], body: aMilestone() }],
    'GET milestones/:id': [{ ...both, params: [own.funded] }],
    'GET milestones/:id/submissions': [{ ...both, params: [own.submitted] }],
    'PUT milestones/:id': [{ ...client, params: [own.draftMilestone], body: aMilestone() }],
    'DELETE milestones/:id': [{ ...client, params: [own.draftMilestone] }],
    'POST milestones/:id/submit': [
      {
        ...freelancer,
        params: [own.funded],
        body: {
          note: 'Done.',
          links: ['https://example.com/work'],
          deliverable_ids: [own.deliverable],
        },
        legal: { links: [[]], deliverable_ids: [[]] },
      },
    ],
    'GET milestones/:id/deliverables': [{ ...both, params: [own.funded] }],
    'POST milestones/:id/deliverables': [
      { ...freelancer, params: [own.funded], file: { field: 'file', contents: 'Done.' } },
    ],
    'GET deliverables/:id/download': [{ ...both, params: [own.deliverable] }],
    'DELETE deliverables/:id': [{ ...freelancer, params: [own.deliverable] }],
    'POST milestones/:id/reject': [
      { ...client, params: [own.submitted], body: { reason: 'The form is missing.' } },
    ],
    'POST milestones/:id/approve': [{ ...client, params: [own.submitted] }],
    'POST projects/:id/invitations': [
      { ...client, params: [own.draft], body: { email: 'frieda@example.com' } },
    ],
    'POST invitations/:token/accept': [
      { ...freelancer, title: 'Without a body', params: [own.invitation], shared: true },
      {
        ...freelancer,
        title: 'What was shown, and no other',
        params: [own.invitation],
        body: { terms: own.terms, terms_version: '2026-11-01' },
        shared: true,
      },
    ],
    'POST invitations/:token/decline': [
      { ...freelancer, title: 'By the link’s token', params: [own.invitation], shared: true },
      { ...freelancer, title: 'By its id', params: [own.invitationId] },
    ],
    'GET projects/:id/messages': [{ ...both, params: [own.project] }],
    'POST projects/:id/messages': [{ ...both, params: [own.project], body: { body: 'Hello.' } }],
    'GET projects/:id/proposals': [{ ...both, params: [own.project] }],
    'POST projects/:id/proposals': [
      {
        ...both,
        title: 'Change the project',
        params: [own.project],
        body: { kind: 'change_project', changes: { title: 'Longer', total_amount: '1100.00' } },
      },
      {
        ...both,
        title: 'Add a milestone',
        params: [own.project],
        body: { kind: 'add_milestone', changes: { ...aMilestone(), amount: '10.00' } },
      },
      {
        ...both,
        title: 'Change a milestone',
        params: [own.project],
        body: {
          kind: 'change_milestone',
          milestone_id: own.unfunded,
          changes: { amount: '90.00' },
        },
      },
      {
        ...both,
        title: 'Remove a milestone',
        params: [own.project],
        body: { kind: 'remove_milestone', milestone_id: own.unfunded },
      },
    ],
    'POST proposals/:id/accept': [{ ...client, params: [own.proposal] }],
    'POST proposals/:id/decline': [{ ...client, params: [own.proposal] }],

    'PUT users/notification-preferences': [
      {
        ...both,
        body: { messages: { email: false, in_app: true }, security: { email: true } },
        legal: { email: [true, false], in_app: [true] },
      },
    ],
    'PUT notifications/:id/read': [{ ...client, params: [own.notification] }],
    'POST notifications/read-all': [
      { ...both, body: { up_to_seq: 1 }, legal: { up_to_seq: [0, 100] } },
    ],

    'GET payments/quote': [both],
    'POST payments/deposit': [
      {
        ...client,
        title: 'To be paid on a page of the provider',
        body: {
          milestone_ids: [own.unfunded],
          payment_provider: 'stripe',
          method: 'checkout',
          return_url: 'https://example.com/back',
        },
      },
      {
        ...client,
        title: 'To be paid on your own page',
        body: {
          milestone_ids: [own.unfunded],
          payment_provider: 'stripe',
          method: 'payment_element',
        },
      },
    ],
    'POST payments/release': [{ ...client, body: { milestone_id: own.funded, amount: '10.00' } }],
    'POST payments/refund': [
      { ...client, body: { milestone_id: own.funded, amount: '10.00', reason: 'Not needed.' } },
    ],
    'GET payments/refunds/:id': [{ ...both, params: [own.refund] }],
    'POST payments/refunds/:id/accept': [{ ...freelancer, params: [own.refund] }],
    'POST payments/refunds/:id/decline': [{ ...freelancer, params: [own.refund] }],
    'POST milestones/:id/disputes': [
      {
        ...both,
        title: 'For a part',
        params: [own.funded],
        body: { reason: 'The form is missing.', asked_amount: '40.00' },
      },
      {
        ...freelancer,
        both: true,
        title: 'For everything that is held',
        params: [own.funded],
        body: { reason: 'All of it is done.' },
      },
    ],
    'GET disputes/:id': [{ ...both, params: [own.negotiating] }],
    'POST disputes/:id/answer': [
      { ...freelancer, params: [own.dispute], body: { body: 'It is on the second page.' } },
    ],
    'GET disputes/:id/messages': [{ ...both, params: [own.negotiating] }],
    'POST disputes/:id/messages': [
      { ...both, params: [own.negotiating], body: { body: 'Please look again.' } },
    ],
    'POST disputes/:id/evidence': [
      { ...both, params: [own.negotiating], file: { field: 'file', contents: 'What was agreed.' } },
    ],
    'GET evidence/:id/download': [{ ...both, params: [own.evidence] }],
    'GET disputes/:id/offers': [{ ...both, params: [own.negotiating] }],
    'POST disputes/:id/offers': [
      {
        ...both,
        params: [own.negotiating],
        body: { to_freelancer: '75.00', note: 'The form is a small part of it.' },
        legal: { to_freelancer: ['0', '0.00'] },
      },
    ],
    'POST offers/:id/accept': [{ ...freelancer, params: [own.settlement] }],
    'POST offers/:id/decline': [{ ...freelancer, params: [own.settlement] }],
    'POST disputes/:id/equal-split': [{ ...both, params: [own.negotiating] }],
    'DELETE disputes/:id/equal-split': [{ ...both, params: [own.negotiating] }],
    'POST disputes/:id/escalate': [{ ...both, params: [own.negotiating] }],
    'POST disputes/:id/withdraw': [{ ...client, params: [own.negotiating] }],
    'GET payments/transactions/:id': [{ ...both, params: [own.deposit] }],
    'GET payments/transactions/:id/receipt': [{ ...client, params: [own.paid] }],
    'POST payments/transactions/:id/cancel': [{ ...client, params: [own.cancellable] }],
    'GET payments/escrow/:project_id': [{ ...both, params: [own.project] }],
    'GET payments/payout-accounts': [freelancer],
    'POST payments/payout-accounts': [
      { ...freelancer, title: 'Stripe', body: { payment_provider: 'stripe', country: 'US' } },
      {
        ...freelancer,
        title: 'PayPal',
        body: { payment_provider: 'paypal', destination: 'farid@example.com' },
      },
    ],
    'PUT payments/payout-accounts/:id': [
      {
        ...freelancer,
        params: [own.account],
        body: { is_default: true },
        legal: { is_default: [true] },
      },
    ],
    'DELETE payments/payout-accounts/:id': [{ ...freelancer, params: [own.account] }],
    'POST payments/payout-accounts/:id/onboarding-link': [
      {
        ...freelancer,
        params: [own.account],
        body: { return_url: 'https://example.com/a', refresh_url: 'https://example.com/b' },
      },
    ],
  }
}

/** Query strings that some GET cannot do without. */
export const QUERIES: Record<string, string> = {
  'GET payments/quote': 'amount=100.00',
  'GET payments/statement': 'from=2026-01-01&to=2027-01-01',
}

/**
 * Routes that read no JSON and know no user, with tests of their own: webhooks, links in mails, and where a
 * browser is sent to a provider and back.
 */
export const RAW = [
  'GET auth/oauth/:provider',
  'GET auth/oauth/:provider/callback',
  'GET notifications/unsubscribe',
  'POST notifications/unsubscribe',
  'POST webhooks/stripe',
  'POST webhooks/stripe/connect',
  'POST webhooks/paypal',
  'POST webhooks/venmo',
]

/** Lists that are always whole. */
export const UNPAGED = ['GET payments/payout-accounts']

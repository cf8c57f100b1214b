import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { invitationToken } from '#escrow/invitation_token'
import User, { type UserType } from '#models/user'
import { startSession } from '#identity/sessions'
import { issueSingleUseToken } from '#identity/single_use_tokens'
import { api, expectData } from '#tests/support/api'
import { settle } from '#tests/support/jobs'
import {
  activeProject,
  aPayoutAccount,
  aProject,
  fund,
  inDays,
  pay,
  submit,
} from '#tests/support/projects'
import { aClient, aFreelancer, aUser, PASSWORD } from '#tests/support/users'

/** What says who somebody is, in words that nothing else says. */
export interface Identity {
  email: string
  firstName: string
  formerName: string
  lastName: string
  bio: string
  skill: string
  portfolio: string
  ip: string
  userAgent: string
}

let count = 0

export async function somebody(type: UserType): Promise<{ user: User; identity: Identity }> {
  const tag = `x${++count}${randomUUID().slice(0, 4)}`
  const identity: Identity = {
    email: `frederika.${tag}@example.org`,
    firstName: `Frederika${tag}`,
    formerName: `Rikchen${tag}`,
    lastName: `Quastenflosser${tag}`,
    bio: `I draw coelacanths ${tag}.`,
    skill: `fin-drawing-${tag}`,
    portfolio: `https://coelacanth-${tag}.example.com/`,
    ip: '203.0.113.77',
    userAgent: `QuastBrowser/${tag}`,
  }
  const made = await aUser({ type, email: identity.email, firstName: identity.formerName })
  const user = await User.findOrFail(made.id)
  await db.transaction(async (trx) => {
    await startSession(trx, user, { ip: identity.ip, userAgent: identity.userAgent })
    await issueSingleUseToken(trx, user.id, 'reset_password')
    await trx.table('identities').insert({
      user_id: user.id,
      provider: 'github',
      subject: tag,
      email: identity.email,
    })
    await trx.table('email_changes').insert({
      user_id: user.id,
      old_email: `before.${identity.email}`,
      new_email: identity.email,
      expires_at: trx.raw('now()'),
      cancelled_at: trx.raw('now()'),
    })
  })
  return { user, identity }
}

/** From now on they are called otherwise than those who were told of them before had read. */
export async function describeThemselves(user: User, identity: Identity): Promise<void> {
  expectData(
    await api(user).put('users/profile', {
      first_name: identity.firstName,
      last_name: identity.lastName,
      bio: identity.bio,
      skills: [identity.skill],
      hourly_rate: '61.50',
      portfolio_url: identity.portfolio,
    })
  )
}

/**
 * A client and a freelancer who have done with each other everything there is, with all of it over: paid by
 * PayPal and by Stripe, refunded, proposed, written, declined, cancelled; and a draft.
 */
export async function aFinishedHistory() {
  const client = await somebody('client')
  const freelancer = await somebody('freelancer')
  const parties = { client: client.user, freelancer: freelancer.user }

  const first = await activeProject({
    ...parties,
    amounts: ['100.00', '50.00'],
    provider: 'paypal',
  })
  const paths = `projects/${first.project.id}`
  for (const { user } of [client, freelancer]) {
    expectData(await api(user).post(`${paths}/messages`, { body: 'Shall we begin?' }), 201)
  }
  const proposal = expectData(
    await api(client.user).post(`${paths}/proposals`, {
      kind: 'change_project',
      changes: { title: 'Drawings of fishes' },
    }),
    201
  )
  expectData(await api(freelancer.user).post(`proposals/${proposal.id}/accept`))
  await describeThemselves(client.user, client.identity)
  await describeThemselves(freelancer.user, freelancer.identity)
  const declined = expectData(
    await api(freelancer.user).post(`${paths}/proposals`, {
      kind: 'change_project',
      changes: { title: 'Drawings of whales' },
    }),
    201
  )
  expectData(await api(client.user).post(`proposals/${declined.id}/decline`))

  await fund(client.user, first.milestones, 'paypal')
  for (const milestone of first.milestones) await submit(freelancer.user, milestone)
  const [approved, refunded] = first.milestones
  expectData(await pay(client.user, `milestones/${approved.id}/approve`), 201)
  const refund = expectData(
    await pay(client.user, 'payments/refund', { milestone_id: refunded.id, reason: 'Too green.' }),
    201
  )
  expectData(await pay(freelancer.user, `payments/refunds/${refund.id}/accept`))
  await settle()

  await aPayoutAccount(freelancer.user, 'stripe')
  const second = await activeProject({ ...parties, amounts: ['70.00'], payable: false })
  await fund(client.user, second.milestones)
  expectData(await pay(client.user, 'payments/release', { milestone_id: second.milestone.id }), 201)
  await settle()

  // Withdrawn with a draft that is gone: nothing but the notification itself says whose name is in it.
  const { project: gone } = await aProject({ client: client.user })
  const reader = await aFreelancer()
  expectData(
    await api(client.user).post(`projects/${gone.id}/invitations`, { email: reader.email }),
    201
  )
  expectData(
    await api(client.user).post(`projects/${gone.id}/invitations`, {
      email: freelancer.identity.email,
    }),
    201
  )
  await api(client.user).delete(`projects/${gone.id}`)

  // Offered by the client to somebody else, who declined; and to this freelancer by somebody else.
  const { project: draft } = await aProject({ client: client.user })
  const declining = await aFreelancer()
  const offer = expectData(
    await api(client.user).post(`projects/${draft.id}/invitations`, { email: declining.email }),
    201
  )
  expectData(await api(declining).post(`invitations/${invitationToken(offer.id)}/decline`))
  const other = await aClient()
  const { project: others } = await aProject({ client: other })
  const asked = async () =>
    expectData(
      await api(other).post(`projects/${others.id}/invitations`, {
        email: freelancer.identity.email,
      }),
      201
    )
  const no = await asked()
  expectData(await api(freelancer.user).post(`invitations/${invitationToken(no.id)}/decline`))
  await asked()

  expectData(await api().post('auth/login', { email: client.identity.email, password: PASSWORD }))
  await settle()
  return {
    client,
    freelancer,
    first: first.project,
    second: second.project,
    draft,
    others,
    other,
    declining,
    milestone: approved,
    refund: refund.id as string,
  }
}

export const soon = inDays(10)

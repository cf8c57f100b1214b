import db from '@adonisjs/lucid/services/db'
import { invitationToken } from '#escrow/invitation_token'
import { suspendUser } from '#identity/suspend_user'
import type User from '#models/user'
import { api, expectData } from '#tests/support/api'
import { aProject } from '#tests/support/projects'
import { createStaff, staffCookies } from '#tests/support/staff'
import { aClient, aFreelancer, PASSWORD, tokenOf } from '#tests/support/users'
import { anExpiredToken, sendAs } from '../api/requests.js'
import { aMilestone, aWorld, type Example, type World } from '../api/world.js'
import type { Caller } from './access.js'

/** Everybody who asks, each with what they sign in with. */
export type People = Awaited<ReturnType<typeof everybody>>

export async function everybody() {
  const [own, strange] = [await aWorld(), await aWorld()]
  const invited = await aFreelancer()
  const offered = await anOffer(own.client, invited)
  const [nobodyYet, erased] = [await aClient({ verified: false }), await aClient()]
  const erasedToken = await tokenOf(erased)
  await erase(erasedToken)

  const tokens: Partial<Record<Caller, string>> = {
    'client': await tokenOf(own.client),
    'freelancer': await tokenOf(own.freelancer),
    'invited': await tokenOf(invited),
    'other client': await tokenOf(strange.client),
    'other freelancer': await tokenOf(strange.freelancer),
    'erased': erasedToken,
  }
  const expired = await anExpiredToken(own.client.id)
  const newcomer = await tokenOf(nobodyYet)
  const cookie = (await staffCookies(await createStaff({ role: 'admin' })))
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ')

  return {
    /** What belongs to the client and the freelancer, with the invitation of who was invited. */
    own: { ...own, ...offered.invitation },
    strange,
    parties: [own.client, own.freelancer],
    /** What a caller's requests bring. For who would else be let in, that is their own. */
    credentials(as: Caller, { by }: Example, isInvitation: boolean) {
      const entitled: Caller = isInvitation ? 'invited' : (by as Caller)
      switch (as) {
        case 'unverified':
        case 'suspended':
          return { token: (by as string) === 'unverified' ? newcomer : tokens[entitled] }
        case 'bad token':
          return { token: expired }
        case 'staff':
          return { headers: { cookie } }
        default:
          return { token: tokens[as] }
      }
    },
    /** A request about the project that they are invited to, in place of the one that is under way. */
    aboutTheOffer(text: string): string {
      const projects = [own.project, own.draft, own.ending]
      const milestones = [own.funded, own.submitted, own.unfunded, own.draftMilestone]
      let changed = text
      for (const id of projects) changed = changed.replaceAll(id, offered.project)
      for (const id of milestones) changed = changed.replaceAll(id, offered.milestone)
      return changed
    },
    async setVerified(verified: boolean) {
      const ids = [own.client.id, own.freelancer.id, invited.id]
      await db.from('users').whereIn('id', ids).update({ is_verified: verified })
    },
    async suspend() {
      for (const { id } of [own.client, own.freelancer, invited, nobodyYet]) {
        await suspendUser(id, { actor: { type: 'system' }, reason: 'A test' })
      }
    },
  }
}

/** A draft of a project, with a milestone, that somebody is invited to. */
async function anOffer(client: User, to: User) {
  const { project } = await aProject({ client })
  const { id: milestone } = expectData(
    await api(client).post(`projects/${project.id}/milestones`, aMilestone()),
    201
  )
  const { id } = expectData(
    await api(client).post(`projects/${project.id}/invitations`, { email: to.email }),
    201
  )
  const [{ project: shown }] = expectData(await api(to).get('invitations?status=pending'))
  const invitation: Pick<World, 'invitation' | 'invitationId' | 'terms'> = {
    invitation: invitationToken(id),
    invitationId: id,
    terms: shown.terms,
  }
  return { project: project.id, milestone: milestone as string, invitation }
}

async function erase(token: string): Promise<void> {
  const body = JSON.stringify({ password: PASSWORD })
  const { status, text } = await sendAs(token, { method: 'DELETE', path: 'users/profile', body })
  if (status !== 204) throw new Error(`was not erased: ${status} ${text}`)
}

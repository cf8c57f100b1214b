import db from '@adonisjs/lucid/services/db'
import type Milestone from '#models/milestone'
import type User from '#models/user'
import { api, expectData } from '#tests/support/api'
import { toldTo } from '../payments/chargebacks.js'

/** What somebody opens a dispute with. */
export const because = (askedAmount?: string) => ({
  reason: 'It is not what we agreed.',
  ...(askedAmount && { asked_amount: askedAmount }),
})

export const openDispute = async (by: User, milestone: Milestone, askedAmount?: string) =>
  expectData(await api(by).post(`milestones/${milestone.id}/disputes`, because(askedAmount)), 201)

export const answer = async (by: User, dispute: { id: string }) =>
  expectData(await api(by).post(`disputes/${dispute.id}/answer`, { body: 'It is what we agreed.' }))

export const offer = async (by: User, dispute: { id: string }, toFreelancer: string) =>
  expectData(
    await api(by).post(`disputes/${dispute.id}/offers`, { to_freelancer: toFreelancer }),
    201
  )

export const shown = async (to: User, { id }: { id: string }) =>
  expectData(await api(to).get(`disputes/${id}`))

/** As if so many days had gone by since the dispute was opened. */
export async function daysGoBy({ id }: { id: string }, days: number): Promise<void> {
  await db
    .from('disputes')
    .where('id', id)
    .update({
      respond_by: db.raw('respond_by - make_interval(days => ?)', [days]),
      negotiate_until: db.raw('negotiate_until - make_interval(days => ?)', [days]),
    })
}

/** The kinds of somebody's notifications about disputes, oldest first. */
export async function newsOf(user: User): Promise<string[]> {
  const kinds = await toldTo(user)
  return kinds.toReversed().filter((kind) => kind.startsWith('dispute.'))
}

/** The actions of a dispute's history, oldest first. */
export async function historyOf({ id }: { id: string }): Promise<string[]> {
  const rows = await db.from('activity').where('subject_id', id).orderBy('id').select('action')
  return rows.map(({ action }) => action)
}

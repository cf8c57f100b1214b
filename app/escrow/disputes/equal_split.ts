import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { wrongState } from '#exceptions/problem'
import { inWords } from '#escrow/about'
import { aboutDispute, assertAnswered, assertMayAdd, inDispute } from '#escrow/disputes/in_dispute'
import { lapseEqualSplit } from '#escrow/disputes/lapse_equal_split'
import { partOfHeld } from '#escrow/held_money'
import type { BindIntent } from '#escrow/intent'
import { actorOf, recordActivity } from '#escrow/record_activity'
import { setting } from '#escrow/settings'
import { settleDispute } from '#escrow/settle_dispute'
import { Money } from '#ledger/money'
import type Dispute from '#models/dispute'
import type User from '#models/user'
import { notify } from '#notifications/notify'

/**
 * Chooses, for one's own side, to halve what is held: for small claims, which are not worth a quarrel. Once
 * both sides have chosen so it is settled, at once. An odd cent is the freelancer's, as with fees. A choice is of
 * what is held then, and lapses when that changes. It is no answer to the dispute: before theirs, the respondent
 * can only choose what the other side has chosen.
 *
 * @param input.bind bound to the dispute
 * @throws Problem 409 `wrong_state` once it is decided or over, `answer_first`, `time_over`,
 *   `additions_closed`, `not_a_small_claim`, `nothing_held`; `frozen` while the payment is disputed with the payer's bank
 */
export async function chooseEqualSplit(
  disputeId: string,
  input: { by: User; bind?: BindIntent }
): Promise<Dispute> {
  const { by } = input
  return inDispute(disputeId, { by }, async ({ trx, other, ...locked }) => {
    const { project, milestone, dispute } = locked
    const { amount: held } = await partOfHeld(trx, milestone)
    if (!(await isSmallClaim(trx, held))) {
      throw wrongState(
        `${held} is too much for an equal split at once; make an offer instead.`,
        dispute.status,
        { code: 'not_a_small_claim' }
      )
    }
    await lapseEqualSplit(trx, locked, held)
    const { openerSplitsAt, respondentSplitsAt } = dispute
    if (!openerSplitsAt) await assertAnswered(trx, dispute, by)
    if (!(by.id === dispute.openedBy ? respondentSplitsAt : openerSplitsAt)) assertMayAdd(dispute)
    const chosen = await choose(trx, dispute, by, held)
    const actor = actorOf(by)
    if (chosen) {
      await recordActivity(trx, {
        projectId: project.id,
        milestoneId: milestone.id,
        subject: { type: 'dispute', id: disputeId },
        actor,
        action: 'dispute.split_chosen',
      })
    }
    if (dispute.openerSplitsAt && dispute.respondentSplitsAt) {
      const toFreelancer = halfOf(held)
      return settleDispute(trx, {
        ...locked,
        toFreelancer,
        actor,
        how: 'equal_split',
        bind: input.bind,
      })
    }
    await input.bind?.(trx, disputeId)
    if (chosen) {
      await notify(trx, {
        userId: other,
        kind: 'dispute.split_chosen',
        data: { ...aboutDispute(locked), ...inWords(held), by: by.displayName },
      })
    }
    return dispute
  })
}

/**
 * Takes one's choice back, as long as the other side has not chosen the same. Nothing happens if there was
 * none. The other side, who was told of it, hears of that, too.
 *
 * @throws Problem 409 `wrong_state` once it is decided or over
 */
export async function takeBackEqualSplit(
  disputeId: string,
  { by }: { by: User }
): Promise<Dispute> {
  return inDispute(disputeId, { by }, async ({ trx, other, ...locked }) => {
    const { project, milestone, dispute } = locked
    if (await choose(trx, dispute, by, null)) {
      await recordActivity(trx, {
        projectId: project.id,
        milestoneId: milestone.id,
        subject: { type: 'dispute', id: disputeId },
        actor: actorOf(by),
        action: 'dispute.split_taken_back',
      })
      await notify(trx, {
        userId: other,
        kind: 'dispute.split_taken_back',
        data: { ...aboutDispute(locked), by: by.displayName },
      })
    }
    return dispute
  })
}

/** Whether so much may be halved without further ado. Currencies that the setting does not name have none. */
export async function isSmallClaim(
  client: Parameters<typeof setting>[0],
  held: Money
): Promise<boolean> {
  const limits = await setting(client, 'small_claim_threshold')
  const limit = limits[held.currency]
  return limit !== undefined && held.compare(Money.parse(limit, held.currency)) < 0
}

/** The freelancer's half. */
export function halfOf(held: Money): Money {
  return Money.of((held.minor + 1n) / 2n, held.currency)
}

/**
 * @param held what is chosen to be halved; null takes the choice back
 * @returns whether that changes anything
 */
async function choose(
  trx: TransactionClientContract,
  dispute: Dispute,
  by: User,
  held: Money | null
): Promise<boolean> {
  const isOpener = dispute.openedBy === by.id
  const mine = isOpener ? dispute.openerSplitsAt : dispute.respondentSplitsAt
  const theirs = isOpener ? dispute.respondentSplitsAt : dispute.openerSplitsAt
  if ((mine !== null) === (held !== null)) return false
  await trx
    .from('disputes')
    .where('id', dispute.id)
    .update({
      [isOpener ? 'opener_splits_at' : 'respondent_splits_at']: held && trx.raw('now()'),
      ...(theirs === null && { splits_held: held && held.minor.toString() }),
    })
  await dispute.refresh()
  return true
}

import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { forbidden, notFound, wrongState } from '#exceptions/problem'
import { aboutDispute, inDispute, touch, type InDispute } from '#escrow/disputes/in_dispute'
import { partOfHeld } from '#escrow/held_money'
import type { BindIntent } from '#escrow/intent'
import { actorOf, recordActivity } from '#escrow/record_activity'
import { settleDispute } from '#escrow/settle_dispute'
import { Money } from '#ledger/money'
import type Dispute from '#models/dispute'
import DisputeOffer from '#models/dispute_offer'
import type Milestone from '#models/milestone'
import type User from '#models/user'
import { notify } from '#notifications/notify'

/**
 * Takes the other side's offer: the dispute is settled at once, release and refund start.
 *
 * @param input.bind bound to the dispute
 * @throws Problem 403 one's own offer; 404; 409 `wrong_state` the offer is not open any more, or the dispute
 *   decided or over, `offer_outdated` when less is held by now, `frozen` while the payment is disputed with
 *   the payer's bank
 */
export async function acceptOffer(
  offerId: string,
  input: { by: User; bind?: BindIntent }
): Promise<Dispute> {
  return answer(offerId, input.by, 'accepted', async ({ trx, ...locked }, offer) => {
    await assertUpToDate(trx, locked.milestone, offer)
    return settleDispute(trx, {
      ...locked,
      toFreelancer: Money.of(offer.toFreelancer, offer.currency),
      actor: actorOf(input.by),
      how: 'offer',
      bind: input.bind,
    })
  })
}

/** A chargeback may have taken a part since: both sides are to know what they agree to. */
async function assertUpToDate(
  trx: TransactionClientContract,
  milestone: Milestone,
  { toFreelancer, toClient, currency, status }: DisputeOffer
): Promise<void> {
  const { amount: held } = await partOfHeld(trx, milestone)
  if (held.minor === toFreelancer + toClient) return
  throw wrongState(
    `${held} is held now, and the offer divides ${Money.of(toFreelancer + toClient, currency)}. Make a new one.`,
    status,
    { code: 'offer_outdated' }
  )
}

/**
 * Turns the other side's offer down; both may make another.
 *
 * @throws Problem 403 one's own offer; 404; 409 `wrong_state`
 */
export async function declineOffer(offerId: string, { by }: { by: User }): Promise<Dispute> {
  return answer(offerId, by, 'declined', async ({ trx, other, ...locked }, offer) => {
    await touch(trx, locked.dispute)
    await notify(trx, {
      userId: other,
      kind: 'dispute.offer_declined',
      data: { ...aboutDispute(locked), offer_id: offer.id, by: by.displayName },
    })
    return locked.dispute
  })
}

async function answer(
  offerId: string,
  by: User,
  status: 'accepted' | 'declined',
  then: (dispute: InDispute, offer: DisputeOffer) => Promise<Dispute>
): Promise<Dispute> {
  const found = await DisputeOffer.query().where('id', offerId).first()
  if (!found) throw notFound('offer')
  return inDispute(found.disputeId, { by }, async (inside) => {
    const { trx, project, milestone, dispute } = inside
    const offer = await DisputeOffer.query({ client: trx })
      .where('id', offerId)
      .forUpdate()
      .firstOrFail()
    if (offer.madeBy === by.id) {
      throw forbidden('You made this offer; it is for the other side to answer.')
    }
    if (offer.status !== 'open') {
      throw wrongState(`This offer is ${offer.status}.`, offer.status)
    }
    await trx
      .from('dispute_offers')
      .where('id', offerId)
      .update({ status, decided_by: by.id, closed_at: trx.raw('now()') })
    await recordActivity(trx, {
      projectId: project.id,
      milestoneId: milestone.id,
      subject: { type: 'dispute', id: dispute.id },
      actor: actorOf(by),
      action: `dispute.offer_${status}`,
      details: { offer_id: offerId },
    })
    return then(inside, offer)
  })
}

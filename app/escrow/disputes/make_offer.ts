import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { unprocessable } from '#exceptions/problem'
import { partOfHeld } from '#escrow/held_money'
import {
  aboutDispute,
  assertAnswered,
  assertMayAdd,
  inDispute,
  touch,
} from '#escrow/disputes/in_dispute'
import { actorOf, recordActivity } from '#escrow/record_activity'
import type { Money } from '#ledger/money'
import DisputeOffer from '#models/dispute_offer'
import type User from '#models/user'
import { notify } from '#notifications/notify'
import { assertSameCurrency, toMoneyOrZero } from '#validators/money'

/**
 * Offers the other side a split of what is held, which takes the place of the offer that is open, whoever
 * made it. It stands until it is answered, another takes its place, or the dispute is decided or over.
 *
 * @param input.toFreelancer decimal in the dispute's currency, from nothing to all that is held; our fee is
 *   taken from it. The rest goes back to the client: `toClient`, where it is said, is that and nothing else
 * @throws Problem 409 `wrong_state` once it is decided or over, `answer_first`, `time_over`,
 *   `additions_closed`, `nothing_held`; 422 more than is held, or what does not agree with the rest
 */
export async function makeOffer(
  disputeId: string,
  input: { by: User; toFreelancer: string; toClient?: string; currency?: string; note?: string }
): Promise<DisputeOffer> {
  const { by } = input
  return inDispute(disputeId, { by }, async ({ trx, other, ...locked }) => {
    const { project, milestone, dispute } = locked
    await assertAnswered(trx, dispute, by)
    assertMayAdd(dispute)
    assertSameCurrency(input.currency, dispute.currency)
    const { amount: held } = await partOfHeld(trx, milestone)
    const toFreelancer = toMoneyOrZero('to_freelancer', input.toFreelancer, dispute.currency)
    if (toFreelancer.compare(held) > 0) {
      throw unprocessable('to_freelancer', 'held', `Only ${held} is held for this milestone.`)
    }
    const toClient = held.subtract(toFreelancer)
    assertAddsUp(input.toClient, toClient, held)
    await supersede(trx, disputeId)
    const offer = await DisputeOffer.create(
      {
        disputeId,
        madeBy: by.id,
        toFreelancer: toFreelancer.minor,
        toClient: toClient.minor,
        currency: held.currency,
        note: input.note ?? '',
      },
      { client: trx }
    )
    await offer.refresh()
    await touch(trx, dispute)
    const split = {
      to_freelancer: toFreelancer.toDecimal(),
      to_client: toClient.toDecimal(),
      currency: held.currency,
    }
    await recordActivity(trx, {
      projectId: project.id,
      milestoneId: milestone.id,
      subject: { type: 'dispute', id: disputeId },
      actor: actorOf(by),
      action: 'dispute.offered',
      details: { offer_id: offer.id, ...split },
    })
    await notify(trx, {
      userId: other,
      kind: 'dispute.offered',
      data: { ...aboutDispute(locked), ...split, offer_id: offer.id, by: by.displayName },
    })
    return offer
  })
}

/** @throws Problem 422 if who offers thinks of another rest than there is */
function assertAddsUp(given: string | undefined, toClient: Money, held: Money): void {
  if (given === undefined) return
  if (toMoneyOrZero('to_client', given, held.currency).equals(toClient)) return
  throw unprocessable(
    'to_client',
    'adds_up',
    `${held} is held, so the client would get ${toClient} back. Leave it out, or send that.`
  )
}

async function supersede(trx: TransactionClientContract, disputeId: string): Promise<void> {
  await trx
    .from('dispute_offers')
    .where('dispute_id', disputeId)
    .where('status', 'open')
    .update({ status: 'superseded', closed_at: trx.raw('now()') })
}

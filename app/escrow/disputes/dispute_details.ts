import db from '@adonisjs/lucid/services/db'
import { escrowTotals } from '#ledger/balances'
import { Money } from '#ledger/money'
import { UNDECIDED } from '#escrow/disputes/in_dispute'
import { isSmallClaim } from '#escrow/disputes/equal_split'
import type Dispute from '#models/dispute'
import DisputeEvidence from '#models/dispute_evidence'
import DisputeMessage from '#models/dispute_message'
import DisputeOffer from '#models/dispute_offer'
import type User from '#models/user'

/** As many messages and offers are shown with a dispute, the newest; lists have the rest. */
export const SHOWN = 100

/** What a side may do next. */
export type DisputeStep =
  | 'answer'
  | 'message'
  | 'evidence'
  | 'offer'
  | 'accept'
  | 'decline'
  | 'equal_split'
  | 'take_back_equal_split'
  | 'escalate'
  | 'withdraw'

export interface DisputeDetails {
  /** What of the milestone's money is still held. */
  held: Money
  /** Oldest first; the answer is one of them. */
  messages: DisputeMessage[]
  evidence: DisputeEvidence[]
  offers: DisputeOffer[]
  /** What the user may do now. */
  may: DisputeStep[]
}

/** Loads what the screen of a dispute shows beside the row. Five queries. */
export async function loadDisputeDetails(dispute: Dispute, user: User): Promise<DisputeDetails> {
  const newest = <Row>(rows: Row[]) => rows.toReversed()
  const messages = await DisputeMessage.query()
    .where('dispute_id', dispute.id)
    .orderBy('id', 'desc')
    .limit(SHOWN)
  const offers = await DisputeOffer.query()
    .where('dispute_id', dispute.id)
    .orderBy('id', 'desc')
    .limit(SHOWN)
  const evidence = await DisputeEvidence.query().where('dispute_id', dispute.id).orderBy('id')
  const [totals] = await escrowTotals(db, [dispute.milestoneId])
  const held = totals?.held ?? Money.zero(dispute.currency)
  const open = offers.find(({ status }) => status === 'open')
  const small = held.isPositive && (await isSmallClaim(db, held))
  return {
    held,
    messages: newest(messages),
    evidence,
    offers: newest(offers),
    may: stepsOf(dispute, user, { open, small }),
  }
}

/**
 * What a side may do in a dispute as it is now: what the operations check, for a screen that offers only
 * what works.
 *
 * @param offer.open the offer that waits for an answer, if there is one
 * @param offer.small whether what is held may be halved
 */
export function stepsOf(
  dispute: Dispute,
  user: User,
  { open, small }: { open?: DisputeOffer; small: boolean }
): DisputeStep[] {
  if (!UNDECIDED.includes(dispute.status)) return []
  const isOpener = user.id === dispute.openedBy
  const unanswered = dispute.status === 'open'
  const splits = isOpener ? dispute.openerSplitsAt : dispute.respondentSplitsAt
  const may: Record<DisputeStep, boolean> = {
    answer: unanswered && !isOpener,
    message: !unanswered || isOpener,
    evidence: true,
    offer: !unanswered || isOpener,
    accept: open !== undefined && open.madeBy !== user.id,
    decline: open !== undefined && open.madeBy !== user.id,
    equal_split: small && !splits && (!unanswered || isOpener || dispute.openerSplitsAt !== null),
    take_back_equal_split: splits !== null,
    escalate: dispute.status === 'negotiating',
    withdraw: isOpener,
  }
  return (Object.keys(may) as DisputeStep[]).filter((step) => may[step])
}

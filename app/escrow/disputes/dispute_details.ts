import db from '@adonisjs/lucid/services/db'
import { escrowTotals } from '#ledger/balances'
import { Money } from '#ledger/money'
import { FROZEN_MILESTONE } from '#escrow/chargebacks/frozen'
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

/** Loads what the screen of a dispute shows beside the row. Six queries. */
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
    may: stepsOf(dispute, user, { open, held, small, ...(await standingOf(dispute)) }),
  }
}

interface Standing {
  /** The time for the first answer is over. */
  late: boolean
  /** The payment is disputed with the payer's bank. */
  frozen: boolean
}

/** What the row alone does not say, by the database's clock. */
async function standingOf({ id }: Dispute): Promise<Standing> {
  const { rows } = await db.rawQuery(
    `SELECT coalesce(d.respond_by <= now(), false) AS late, ${FROZEN_MILESTONE} AS frozen
       FROM disputes d JOIN milestones m ON m.id = d.milestone_id WHERE d.id = ?`,
    [id]
  )
  return rows[0]
}

/**
 * What a side may do in a dispute as it is now: what the operations check, for a screen that offers only
 * what works.
 *
 * @param now.open the offer that waits for an answer, if there is one
 * @param now.small whether what is held may be halved
 */
export function stepsOf(
  dispute: Dispute,
  user: User,
  now: Standing & { open?: DisputeOffer; held: Money; small: boolean }
): DisputeStep[] {
  if (!UNDECIDED.includes(dispute.status)) return []
  const isOpener = user.id === dispute.openedBy
  const { open, held } = now
  const mustAnswer = dispute.status === 'open' && !isOpener
  const mayAdd = !dispute.additionsClosedAt
  const theirs = open && open.madeBy !== user.id ? open : undefined
  const [splits, theySplit] = isOpener
    ? [dispute.openerSplitsAt, dispute.respondentSplitsAt]
    : [dispute.respondentSplitsAt, dispute.openerSplitsAt]
  const may: Record<DisputeStep, boolean> = {
    answer: mustAnswer && !now.late,
    message: !mustAnswer && mayAdd,
    evidence: mayAdd,
    offer: !mustAnswer && mayAdd,
    accept: !now.frozen && theirs?.divides === held.minor,
    decline: theirs !== undefined,
    // The second choice settles it.
    equal_split: now.small && !splits && (theySplit ? !now.frozen : !mustAnswer && mayAdd),
    take_back_equal_split: splits !== null,
    escalate: dispute.status === 'negotiating',
    withdraw: isOpener,
  }
  return (Object.keys(may) as DisputeStep[]).filter((step) => may[step])
}

import { Money } from '#ledger/money'
import { notifyAll, type NewNotification } from '#notifications/notify'
import { aboutProject, inWords } from '#escrow/about'
import { PROVIDER, recordActivity } from '#escrow/record_activity'
import type { LockedChargeback } from '#escrow/chargebacks/book_loss'

export interface News {
  /** How it stood before; undefined for a dispute that is new. */
  from?: string
  /** What the loss grew by. */
  lost: Money
  /** What of it the freelancer has to give back. */
  incurred: Money
  /** A loss was reversed, wholly or in part. */
  reversed: boolean
  /** It ended now, for us or without any decision. */
  ended: boolean
  /** Evidence was submitted. */
  evidence: boolean
}

/** Writes a dispute's progress into the project's history, and tells both sides what matters to them. */
export async function tellOfChargeback(
  { trx, chargeback, deposit, project }: LockedChargeback,
  { from, lost, incurred, reversed, ended, evidence }: News
): Promise<void> {
  const claimed = Money.of(chargeback.amount, chargeback.currency)
  if (from !== chargeback.state || lost.isPositive || reversed || evidence) {
    await recordActivity(trx, {
      projectId: project.id,
      milestoneId: deposit.milestoneId,
      subject: { type: 'chargeback', id: chargeback.id },
      actor: PROVIDER,
      action: `chargeback.${from === undefined ? 'opened' : 'updated'}`,
      from,
      to: chargeback.state,
      details: {
        ...inWords(claimed),
        deposit_id: deposit.id,
        ...(lost.isPositive && { lost: lost.toDecimal() }),
        ...(incurred.isPositive && { owed_by_freelancer: incurred.toDecimal() }),
        ...(reversed && { loss_reversed: true }),
        ...(evidence && { evidence_submitted: true }),
      },
    })
  }
  const data = (amount: Money) => ({
    ...aboutProject(project),
    ...inWords(amount),
    transaction_id: deposit.id,
  })
  const both = [project.clientId, project.freelancerId!]
  const news: NewNotification[] = []
  if (lost.isPositive) {
    news.push(
      ...both.map((userId) => ({ userId, kind: 'chargeback.lost' as const, data: data(lost) }))
    )
  }
  if (incurred.isPositive) {
    news.push({
      userId: project.freelancerId!,
      kind: 'debt.incurred',
      data: { ...data(incurred), chargeback_id: chargeback.id },
    })
  }
  if (ended) {
    const kind = chargeback.state === 'won' ? 'chargeback.won' : 'chargeback.closed'
    news.push(...both.map((userId): NewNotification => ({ userId, kind, data: data(claimed) })))
  }
  if (evidence) {
    news.push({
      userId: project.freelancerId!,
      kind: 'chargeback.evidence_sent',
      data: { ...aboutProject(project), transaction_id: deposit.id },
    })
  }
  await notifyAll(trx, news)
}

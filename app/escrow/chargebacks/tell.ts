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
  /** What the freelancer has to give back more than before, or less. */
  incurred: Money
  eased: Money
  /** A loss was reversed, wholly or in part. */
  reversed: boolean
  /** It ended now, for us or without any decision. */
  ended: boolean
  /** Evidence was submitted. */
  evidence: boolean
}

/** Writes a dispute's progress into the project's history, and tells both sides what matters to them. */
export async function tellOfChargeback(
  locked: LockedChargeback,
  { from, lost, incurred, eased, reversed, ended, evidence }: News
): Promise<void> {
  const { trx, chargeback, deposit, project } = locked
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
  // That it was won says it all.
  news.push(...aboutDebt(locked, { incurred, eased: ended ? Money.zero(eased.currency) : eased }))
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

/** The freelancer hears what of a loss is theirs, when that has changed. */
export async function tellOfDebt(
  locked: LockedChargeback,
  change: Pick<News, 'incurred' | 'eased'>
): Promise<void> {
  await notifyAll(locked.trx, aboutDebt(locked, change))
}

function aboutDebt(
  { chargeback, deposit, project }: LockedChargeback,
  { incurred, eased }: Pick<News, 'incurred' | 'eased'>
): NewNotification[] {
  const about = (amount: Money) => ({
    userId: project.freelancerId!,
    data: {
      ...aboutProject(project),
      ...inWords(amount),
      transaction_id: deposit.id,
      chargeback_id: chargeback.id,
    },
  })
  return [
    ...(incurred.isPositive ? [{ kind: 'debt.incurred' as const, ...about(incurred) }] : []),
    ...(eased.isPositive ? [{ kind: 'debt.reduced' as const, ...about(eased) }] : []),
  ]
}

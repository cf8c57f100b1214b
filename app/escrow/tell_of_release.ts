import type { NewNotification } from '#notifications/notify'
import { aboutMilestone, inWords } from '#escrow/about'
import type { BookRelease } from '#escrow/book_release'

/**
 * What both parties hear of every release, with its receipt; and the freelancer of what was set off.
 *
 * @param transactionId of the release
 */
export function releaseNews(
  { project, milestone, shares }: BookRelease,
  transactionId: string
): NewNotification[] {
  const { released, net, offset } = shares
  const about = { ...aboutMilestone(project, milestone), transaction_id: transactionId }
  const freelancerId = project.freelancerId!
  return [
    {
      userId: freelancerId,
      kind: 'release.made',
      data: { ...about, ...inWords(released), net: net.toDecimal() },
    },
    {
      userId: project.clientId,
      kind: 'payment.released',
      data: { ...about, ...inWords(released) },
    },
    ...(offset.isPositive
      ? [
          {
            userId: freelancerId,
            kind: 'debt.offset' as const,
            data: { ...about, ...inWords(offset) },
          },
        ]
      : []),
  ]
}

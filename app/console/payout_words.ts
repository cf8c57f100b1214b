import { TAKEN_BACK } from '#escrow/apply_payout'
import { WAITS } from '#escrow/send_payout'
import { moment } from '#console/formats'

/** What decides which words a payout has. */
interface Payout {
  state: string
  unclaimed: boolean
  not_before: Date
  wait_reason: string
  failure_code: string
  failure_message: string
  /** Of one that came back, in minor units: see `whatCameBack`. */
  returned_amount: bigint
  repaid: bigint | null
  left_over: bigint | null
}

/** What freelancers are told to do, for who cannot do it. */
const FOR_STAFF: Record<string, string> = {
  [WAITS.no_account]: 'The freelancer has no payout account yet.',
  [WAITS.account_not_set_up]:
    'The freelancer has not finished the set-up of their payout account at its provider.',
  [WAITS.deposit_used_up]:
    'Other payouts have used up the deposit that it draws on: look at what is related to that.',
}

/** Why a payout is where it is, in words for staff; empty where its state says all. */
export function whyOf(payout: Payout, now = new Date()): string {
  switch (payout.state) {
    case 'waiting':
      if (payout.wait_reason) return FOR_STAFF[payout.wait_reason] ?? payout.wait_reason
      return payout.not_before > now
        ? `The hold period after its release lasts until ${moment(payout.not_before)} UTC.`
        : ''
    case 'in_transit':
      return payout.unclaimed
        ? 'Its recipient has not claimed it. The provider gives it back after 30 days, or when it is cancelled.'
        : payout.wait_reason
    case 'failed':
      return payout.failure_code === TAKEN_BACK
        ? 'Nobody had claimed it, and we took it back. It is owed to the freelancer again.'
        : payout.failure_message
    case 'returned':
      return becameOf(payout)
    case 'cancelled':
      return 'All of it was set off against what the freelancer owes us.'
    default:
      return ''
  }
}

/** What became of what came back. */
function becameOf({ returned_amount: returned, repaid, left_over: left }: Payout): string {
  if (left) return 'It was paid and came back. What is left of it is owed to the freelancer again.'
  if (!repaid)
    return 'It was paid and came back. It was set off against what the freelancer owed us.'
  return repaid < returned
    ? 'It was paid and came back. A part was sent again, the rest set off against what the freelancer owed us.'
    : 'It was paid and came back. All that came back was sent again.'
}

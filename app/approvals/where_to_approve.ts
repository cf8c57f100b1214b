import env from '#start/env'
import type Approval from '#models/approval'

/** For the command line: what waits now, and where a second person approves it. */
export function whereToApprove({ id, money, reason }: Approval): string {
  const page = new URL(`/console/approvals/${id}`, env.get('APP_URL'))
  const what = money.isZero ? reason : `${money}, ${reason}`
  return `Proposed: ${what} Nothing happens until somebody else approves it: ${page}`
}

import type { ApprovalKind } from '#approvals/approval_kind'
import { debtWriteOff } from '#escrow/chargebacks/write_off_debt'
import type { ApprovalKindName } from '#models/approval'

/** Everything that takes two people. What is not here can be neither proposed nor approved. */
const KINDS: ApprovalKind[] = [debtWriteOff]

/** What a proposal of a kind does. */
export function approvalKind(name: ApprovalKindName): ApprovalKind {
  const kind = KINDS.find((each) => each.name === name)
  if (!kind) throw new RangeError(`Nothing says how to approve a ${name}`)
  return kind
}

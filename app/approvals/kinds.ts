import type { ApprovalKind } from '#approvals/approval_kind'
import { refundAdoption } from '#escrow/adopt_refund'
import { debtWriteOff } from '#escrow/chargebacks/write_off_debt'
import { correctingEntry } from '#escrow/correcting_entry'
import { disputeDecision } from '#escrow/disputes/dispute_decision'
import { refundPaidByHand } from '#escrow/pay_refund_by_hand'
import { settingChange } from '#escrow/setting_change'
import type { ApprovalKindName } from '#models/approval'

/** Everything that takes two people. What is not here can be neither proposed nor approved. */
const KINDS: ApprovalKind[] = [
  disputeDecision,
  debtWriteOff,
  refundPaidByHand,
  refundAdoption,
  correctingEntry,
  settingChange,
]

/** What a proposal of a kind does. */
export function approvalKind(name: ApprovalKindName): ApprovalKind {
  const kind = KINDS.find((each) => each.name === name)
  if (!kind) throw new RangeError(`Nothing says how to approve a ${name}`)
  return kind
}

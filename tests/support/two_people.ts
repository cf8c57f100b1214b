import { approve } from '#approvals/approve'
import type { ApprovalKind } from '#approvals/approval_kind'
import { propose } from '#approvals/propose'
import Approval from '#models/approval'
import Staff, { type StaffRole } from '#models/staff'

let made = 0

/** Somebody who works here, with a role. They cannot sign in. */
export async function member(role: StaffRole = 'finance', name = 'Somebody'): Promise<Staff> {
  made += 1
  const email = `${role}-${made}-${process.pid}@staff.example.com`
  const staff = await Staff.create({ name, email, role })
  return staff.refresh()
}

/** What one member of the staff proposed and another approved: it is done. */
export async function agreed<Content extends object>(
  kind: ApprovalKind<Content>,
  subjectId: string,
  content: Content,
  reason = 'Both say so.'
): Promise<Approval> {
  const [first, second] = [await member(), await member()]
  const { id, contentHash } = await propose(kind, { subjectId, content, by: first.id, reason })
  return approve(id, { by: second.id, hash: contentHash })
}

/** Somebody else approves what they proposed. */
export async function approvedAfter(email: string): Promise<void> {
  const proposer = await Staff.findByOrFail({ email })
  const waiting = await Approval.findByOrFail({ proposedBy: proposer.id, status: 'proposed' })
  await approve(waiting.id, { by: (await member()).id, hash: waiting.contentHash })
}

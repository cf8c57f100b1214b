import type { NotificationData, NotificationKind } from '#notifications/catalogue'

const PROJECT = {
  project_id: '0193a000-0000-7000-8000-000000000001',
  project_title: 'A website',
}
const MILESTONE = {
  ...PROJECT,
  milestone_id: '0193a000-0000-7000-8000-000000000002',
  milestone_title: 'The form',
}
const AMOUNT = { amount: '250.00', currency: 'USD' }
const TRANSACTION = { transaction_id: '0193a000-0000-7000-8000-000000000003' }
const PAID = { ...PROJECT, ...AMOUNT, ...TRANSACTION }
const PAID_MILESTONE = { ...MILESTONE, ...AMOUNT, ...TRANSACTION }
const DEBT = { ...PAID, chargeback_id: '0193a000-0000-7000-8000-000000000004' }
const REFUND = {
  ...MILESTONE,
  ...AMOUNT,
  refund_request_id: '0193a000-0000-7000-8000-000000000005',
}
const ACCOUNT = {
  payout_account_id: '0193a000-0000-7000-8000-000000000006',
  payment_provider: 'paypal',
}
const NAMED_ACCOUNT = { ...ACCOUNT, country: 'US', destination: 'frank@example.com' }
const PROPOSAL = { ...PROJECT, proposal_id: '0193a000-0000-7000-8000-000000000007' }
const CLARA = { by: 'Clara' }
const FRANK = { by: 'Frank' }
const DISPUTE = { ...MILESTONE, dispute_id: '0193a000-0000-7000-8000-00000000000a' }
const OFFER = { ...DISPUTE, offer_id: '0193a000-0000-7000-8000-00000000000b' }
const EVIDENCE = {
  ...DISPUTE,
  evidence_id: '0193a000-0000-7000-8000-00000000000c',
  name: 'chat.pdf',
}
const AT = '2026-03-14T09:00:00.000Z'

/** Data of every kind, as operations give it. A kind without a sample does not compile. */
export const samples: { [Kind in NotificationKind]: NotificationData<Kind> } = {
  'invitation.received': {
    ...PROJECT,
    invitation_id: '0193b3c4-0000-7000-8000-000000000002',
    invited_by: 'Clara',
  },
  'invitation.accepted': { ...PROJECT, ...FRANK },
  'invitation.declined': { ...PROJECT, ...FRANK },
  'invitation.withdrawn': { ...PROJECT, invited_by: 'Clara' },
  'project.cancelled': PROJECT,
  'project.completed': PROJECT,
  'proposal.opened': { ...PROPOSAL, ...CLARA },
  'proposal.accepted': { ...PROPOSAL, ...FRANK },
  'proposal.declined': { ...PROPOSAL, ...FRANK },
  'message.received': {
    ...PROJECT,
    ...CLARA,
    message_id: '0193a000-0000-7000-8000-000000000008',
  },
  'milestone.funded': { ...MILESTONE, ...AMOUNT },
  'milestone.submitted': { ...MILESTONE, auto_approve_at: AT },
  'deliverable.quarantined': {
    ...MILESTONE,
    deliverable_id: '0193a000-0000-7000-8000-000000000009',
    name: 'form.zip',
    signature: 'Eicar-Test-Signature',
  },
  'deliverable.released': {
    ...MILESTONE,
    deliverable_id: '0193a000-0000-7000-8000-000000000009',
    name: 'form.zip',
  },
  'milestone.rejected': MILESTONE,
  'milestone.approved': { ...MILESTONE, automatic: true },
  'milestone.review_reminder': { ...MILESTONE, auto_approve_at: AT, days: 2 },
  'deposit.completed': PAID,
  'deposit.failed': PAID,
  'deposit.expired': PAID,
  'deposit.disputed': PAID,
  'deposit.returned': PAID,
  'chargeback.lost': PAID,
  'chargeback.won': PAID,
  'chargeback.closed': PAID,
  'chargeback.evidence_sent': { ...PROJECT, ...TRANSACTION },
  'debt.incurred': DEBT,
  'debt.reduced': DEBT,
  'debt.offset': PAID_MILESTONE,
  'debt.written_off': DEBT,
  'release.made': { ...PAID_MILESTONE, net: '237.50' },
  'payment.released': PAID_MILESTONE,
  'dispute.opened': { ...DISPUTE, ...AMOUNT, ...CLARA, respond_by: AT },
  'dispute.answered': { ...DISPUTE, ...FRANK, negotiate_until: AT },
  'dispute.message': {
    ...DISPUTE,
    ...FRANK,
    dispute_message_id: '0193a000-0000-7000-8000-00000000000d',
  },
  'dispute.evidence_added': { ...EVIDENCE, ...FRANK },
  'dispute.evidence_quarantined': { ...EVIDENCE, signature: 'Eicar-Test-Signature' },
  'dispute.evidence_released': EVIDENCE,
  'dispute.offered': {
    ...OFFER,
    ...FRANK,
    to_freelancer: '150.00',
    to_client: '100.00',
    currency: 'USD',
  },
  'dispute.offer_declined': { ...OFFER, ...CLARA },
  'dispute.split_chosen': { ...DISPUTE, ...AMOUNT, ...CLARA },
  'dispute.split_taken_back': { ...DISPUTE, ...CLARA },
  'dispute.split_lapsed': { ...DISPUTE, ...AMOUNT },
  'dispute.escalated': { ...DISPUTE, by_time: true },
  'dispute.withdrawn': { ...DISPUTE, ...CLARA },
  'dispute.ended': { ...DISPUTE, because: 'charged_back' },
  'dispute.additions_closed': DISPUTE,
  'dispute.additions_opened': DISPUTE,
  'dispute.decision_proposed': DISPUTE,
  'dispute.decision_dropped': DISPUTE,
  'dispute.reminder': { ...DISPUTE, unanswered: true, until: AT, days: 1 },
  'dispute.settled': {
    ...MILESTONE,
    dispute_id: '0193a000-0000-7000-8000-00000000000a',
    currency: 'USD',
    to_freelancer: '150.00',
    to_client: '100.00',
    how: 'offer',
  },
  'payout.waiting': { ...PAID_MILESTONE, reason: 'Add a payout account.' },
  'payout.paid': PAID_MILESTONE,
  'payout.failed': PAID_MILESTONE,
  'payout.returned': PAID_MILESTONE,
  'refund.requested': { ...REFUND, respond_by: AT },
  'refund.accepted': REFUND,
  'refund.declined': REFUND,
  'refund.escalated': REFUND,
  'refund.taken': REFUND,
  'refund.adopted': { ...MILESTONE, ...AMOUNT, ...TRANSACTION },
  'refund.completed': PAID,
  'refund.failed': PAID,
  'payout_account.added': { ...NAMED_ACCOUNT, is_default: true },
  'payout_account.made_default': NAMED_ACCOUNT,
  'payout_account.removed': { ...NAMED_ACCOUNT, is_last: true },
  'payout_account.enabled': ACCOUNT,
  'payout_account.restricted': ACCOUNT,
  'payout_account.disabled': ACCOUNT,
  'payout_account.refused': { ...ACCOUNT, reason: 'The country is not served.' },
  'payout_account.bank_payout_failed': {
    ...ACCOUNT,
    ...AMOUNT,
    bank_payout_id: 'po_1',
    reason: 'account closed',
  },
}

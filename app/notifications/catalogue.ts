/**
 * Which event tells whom, with which words, by which channels: all of it is here. A table of it is in
 * docs/notifications.md.
 */

/** What a notification is about. Ids are for links, the rest is for the words. */
export interface AboutProject {
  project_id: string
  project_title: string
}

export interface AboutMilestone extends AboutProject {
  milestone_id: string
  milestone_title: string
}

/** A decimal string and its currency, as on the wire. */
export type WithAmount = {
  amount: string
  currency: string
}

export interface AboutPayoutAccount {
  payout_account_id: string
  payment_provider: string
}

/** With what tells its owner which of theirs it is. */
interface NamedPayoutAccount extends AboutPayoutAccount {
  /** Where the bank account is, ISO 3166-1 alpha-2. */
  country: string
  /** The address that is paid; empty for a provider that makes the account itself. */
  destination: string
}

/**
 * Whose name it is, where the project may be gone by the time that its owner wants to be forgotten; see
 * `forget_name.ts`.
 */
interface Named {
  by_id?: string
}

export interface AboutDispute extends AboutMilestone {
  dispute_id: string
}

interface AboutTransaction {
  transaction_id: string
}

export interface Words {
  title: string
  body: string
}

/** What people may want mail about, and what they may not; the preferences are by these. */
export const CATEGORIES = {
  work: 'Invitations, proposed changes, and work that was submitted, reviewed or approved',
  money: 'Deposits, releases, payouts, refunds, disputes and disputed payments',
  messages: 'What the other party writes',
  account: 'What a payment provider needs from you before it can pay you',
  security: 'Changes to where your money goes',
} as const

export type Category = keyof typeof CATEGORIES

/** Categories whose mails can be switched off. The others are for people whose account somebody else uses. */
export const OPTIONAL_CATEGORIES = ['work', 'money', 'messages', 'account'] as const

export type OptionalCategory = (typeof OPTIONAL_CATEGORIES)[number]

/**
 * Everything there is to know about a kind. In-app, on the list and on the stream, is where all of them
 * appear.
 */
export interface Entry<Data> {
  /** Who is ever told this. `notify` refuses to tell anybody else. */
  to: 'client' | 'freelancer' | 'both'
  category: Category
  /** `never`: not worth a mail, or something else mails it. `always`: cannot be switched off. */
  email: 'by_default' | 'never' | 'always'
  /**
   * A member of the data: of several with the same value only one is mailed until it is read, about all
   * of them. Such a kind has words for `many`.
   */
  thread?: string
  /** Where the frontend shows what it is about. */
  page(data: Data): string
  /** The transaction whose receipt goes with the mail, which then is sent whether this was read or not. */
  receipt?(data: Data): string
  words(data: Data): Words
  many?(data: Data, count: number): Words
}

const projectPage = (d: AboutProject) => `/projects/${d.project_id}`
const messagesPage = (d: AboutProject) => `/projects/${d.project_id}/messages`
const proposalsPage = (d: AboutProject) => `/projects/${d.project_id}/proposals`
const milestonePage = (d: AboutMilestone) =>
  `/projects/${d.project_id}/milestones/${d.milestone_id}`
const disputePage = (d: AboutDispute) => `/disputes/${d.dispute_id}`
const transactionPage = (d: AboutTransaction) => `/payments/transactions/${d.transaction_id}`
const itsTransaction = (d: AboutTransaction) => d.transaction_id
const invitationsPage = () => '/invitations'
const accountsPage = () => '/payments/payout-accounts'

/**
 * Every kind. Words are in the past tense, the subject first. `title` is one short line; `body` is one or
 * two sentences that say what happened and, where there is something to do, what.
 */
export const catalogue = {
  'invitation.received': {
    to: 'freelancer',
    category: 'work',
    email: 'never',
    page: invitationsPage,
    words: (d: AboutProject & Named & { invitation_id: string; invited_by: string }) => ({
      title: `Invitation to ${d.project_title}`,
      body: `${d.invited_by} invites you to work on "${d.project_title}". Accept or decline the invitation.`,
    }),
  },
  'invitation.accepted': {
    to: 'client',
    category: 'work',
    email: 'by_default',
    page: projectPage,
    words: (d: AboutProject & { by: string }) => ({
      title: `${d.by} accepted`,
      body: `${d.by} accepted the invitation to "${d.project_title}". You can fund its milestones now.`,
    }),
  },
  'invitation.declined': {
    to: 'client',
    category: 'work',
    email: 'by_default',
    page: projectPage,
    words: (d: AboutProject & Named & { by: string }) => ({
      title: `${d.by} declined`,
      body: `${d.by} declined the invitation to "${d.project_title}". You can invite someone else.`,
    }),
  },
  'invitation.withdrawn': {
    to: 'freelancer',
    category: 'work',
    email: 'by_default',
    page: invitationsPage,
    words: (d: AboutProject & Named & { invited_by: string }) => ({
      title: 'Invitation withdrawn',
      body: `${d.invited_by} does not ask you to work on "${d.project_title}" any more. Its invitation cannot be accepted now.`,
    }),
  },
  'project.cancelled': {
    to: 'both',
    category: 'work',
    email: 'by_default',
    page: projectPage,
    words: (d: AboutProject) => ({
      title: 'Project cancelled',
      body: `"${d.project_title}" was cancelled. No money is held for it.`,
    }),
  },
  'project.completed': {
    to: 'both',
    category: 'work',
    email: 'by_default',
    page: projectPage,
    words: (d: AboutProject) => ({
      title: 'Project completed',
      body: `Every milestone of "${d.project_title}" is closed.`,
    }),
  },
  'proposal.opened': {
    to: 'both',
    category: 'work',
    email: 'by_default',
    page: proposalsPage,
    words: (d: AboutProject & { proposal_id: string; by: string }) => ({
      title: 'Change proposed',
      body: `${d.by} proposes a change to "${d.project_title}". Accept or decline it.`,
    }),
  },
  'proposal.accepted': {
    to: 'both',
    category: 'work',
    email: 'by_default',
    page: proposalsPage,
    words: (d: AboutProject & { proposal_id: string; by: string }) => ({
      title: 'Change accepted',
      body: `${d.by} accepted the proposed change to "${d.project_title}".`,
    }),
  },
  'proposal.declined': {
    to: 'both',
    category: 'work',
    email: 'by_default',
    page: proposalsPage,
    words: (d: AboutProject & { proposal_id: string; by: string }) => ({
      title: 'Change declined',
      body: `${d.by} declined the proposed change to "${d.project_title}".`,
    }),
  },
  'message.received': {
    to: 'both',
    category: 'messages',
    email: 'by_default',
    thread: 'project_id',
    page: messagesPage,
    many: (d: AboutProject & { by: string }, count: number) => ({
      title: `${count} messages from ${d.by}`,
      body: `${d.by} wrote ${count} times in "${d.project_title}".`,
    }),
    words: (d: AboutProject & { message_id: string; by: string }) => ({
      title: `Message from ${d.by}`,
      body: `${d.by} wrote in "${d.project_title}".`,
    }),
  },
  'milestone.funded': {
    to: 'freelancer',
    category: 'money',
    email: 'by_default',
    page: milestonePage,
    words: (d: AboutMilestone & WithAmount) => ({
      title: 'Milestone funded',
      body: `${money(d)} for "${d.milestone_title}" is held in escrow.`,
    }),
  },
  'milestone.submitted': {
    to: 'client',
    category: 'work',
    email: 'by_default',
    page: milestonePage,
    words: (d: AboutMilestone & { auto_approve_at: string }) => ({
      title: 'Work submitted',
      body: `Work on "${d.milestone_title}" is ready for your review. It counts as approved on ${moment(d.auto_approve_at)} if you do not answer.`,
    }),
  },
  'deliverable.quarantined': {
    to: 'freelancer',
    category: 'work',
    email: 'by_default',
    page: milestonePage,
    words: (d: AboutMilestone & { deliverable_id: string; name: string; signature: string }) => ({
      title: 'A file of yours was refused',
      body: `The virus scanner found "${d.signature}" in "${d.name}", which you uploaded for "${d.milestone_title}". Nobody can download it; upload a clean one.`,
    }),
  },
  'deliverable.released': {
    to: 'freelancer',
    category: 'work',
    email: 'by_default',
    page: milestonePage,
    words: (d: AboutMilestone & { deliverable_id: string; name: string }) => ({
      title: 'A file of yours was let through',
      body: `"${d.name}", which you uploaded for "${d.milestone_title}", was refused by mistake. It can be downloaded and handed in now.`,
    }),
  },
  'milestone.rejected': {
    to: 'freelancer',
    category: 'work',
    email: 'by_default',
    page: milestonePage,
    words: (d: AboutMilestone) => ({
      title: 'Changes asked for',
      body: `The client asks for changes to "${d.milestone_title}". Their reasons are with the submission.`,
    }),
  },
  'milestone.approved': {
    to: 'client',
    category: 'work',
    email: 'by_default',
    page: milestonePage,
    words: (d: AboutMilestone & { automatic: boolean }) => ({
      title: 'Milestone approved',
      body: d.automatic
        ? `"${d.milestone_title}" was approved because the inspection period ended without an answer.`
        : `You approved "${d.milestone_title}".`,
    }),
  },
  'milestone.review_reminder': {
    to: 'client',
    category: 'work',
    email: 'by_default',
    page: milestonePage,
    words: (d: AboutMilestone & { auto_approve_at: string; days: number }) => ({
      title: d.days === 1 ? 'One day left to review' : `${d.days} days left to review`,
      body: `"${d.milestone_title}" counts as approved on ${moment(d.auto_approve_at)} if you do not answer.`,
    }),
  },
  'deposit.completed': {
    to: 'client',
    category: 'money',
    email: 'by_default',
    page: transactionPage,
    receipt: itsTransaction,
    words: (d: AboutProject & WithAmount & { transaction_id: string }) => ({
      title: 'Deposit received',
      body: `Your deposit of ${money(d)} for "${d.project_title}" is held in escrow.`,
    }),
  },
  'deposit.failed': {
    to: 'client',
    category: 'money',
    email: 'by_default',
    page: transactionPage,
    words: (d: AboutProject & WithAmount & { transaction_id: string }) => ({
      title: 'Deposit failed',
      body: `Your deposit of ${money(d)} for "${d.project_title}" did not go through. Nothing was taken; you can try again.`,
    }),
  },
  'deposit.expired': {
    to: 'client',
    category: 'money',
    email: 'by_default',
    page: transactionPage,
    words: (d: AboutProject & WithAmount & { transaction_id: string }) => ({
      title: 'Deposit expired',
      body: `Your deposit of ${money(d)} for "${d.project_title}" was not finished in time. You can start a new one.`,
    }),
  },
  'deposit.disputed': {
    to: 'both',
    category: 'money',
    email: 'by_default',
    page: projectPage,
    words: (d: AboutProject & WithAmount & { transaction_id: string }) => ({
      title: 'Payment disputed',
      body: `The payment of ${money(d)} for "${d.project_title}" is disputed with the payer's bank. Its money is frozen until that is decided.`,
    }),
  },
  'chargeback.lost': {
    to: 'both',
    category: 'money',
    email: 'by_default',
    page: projectPage,
    words: (d: AboutProject & WithAmount & { transaction_id: string }) => ({
      title: 'Dispute decided for the payer',
      body: `The dispute of the payment for "${d.project_title}" was decided for the payer: ${money(d)} went back to them.`,
    }),
  },
  'chargeback.won': {
    to: 'both',
    category: 'money',
    email: 'by_default',
    page: projectPage,
    words: (d: AboutProject & WithAmount & { transaction_id: string }) => ({
      title: 'Dispute decided against the payer',
      body: `The dispute of the payment of ${money(d)} for "${d.project_title}" was decided: the money stays here. What it had stopped goes on.`,
    }),
  },
  'chargeback.closed': {
    to: 'both',
    category: 'money',
    email: 'by_default',
    page: projectPage,
    words: (d: AboutProject & WithAmount & { transaction_id: string }) => ({
      title: 'Dispute ended',
      body: `The payment of ${money(d)} for "${d.project_title}" is not disputed any more. What that had stopped goes on.`,
    }),
  },
  'chargeback.evidence_sent': {
    to: 'freelancer',
    category: 'money',
    email: 'never',
    page: projectPage,
    words: (d: AboutProject & { transaction_id: string }) => ({
      title: 'Evidence sent',
      body: `We sent what shows that work on "${d.project_title}" was delivered to the payer's bank. It decides now.`,
    }),
  },
  'debt.incurred': {
    to: 'freelancer',
    category: 'money',
    email: 'by_default',
    page: projectPage,
    words: (d: AboutProject & WithAmount & { transaction_id: string; chargeback_id: string }) => ({
      title: 'You owe a payment that was taken back',
      body: `A payment for "${d.project_title}" was taken back by its payer's bank after it was released to you. You owe ${money(d)}; it is set off against what is released to you next.`,
    }),
  },
  'debt.reduced': {
    to: 'freelancer',
    category: 'money',
    email: 'by_default',
    page: projectPage,
    words: (d: AboutProject & WithAmount & { transaction_id: string; chargeback_id: string }) => ({
      title: 'You owe less',
      body: `Of the payment for "${d.project_title}" that its payer's bank took back, you have to give back ${money(d)} less.`,
    }),
  },
  'debt.offset': {
    to: 'freelancer',
    category: 'money',
    email: 'by_default',
    page: milestonePage,
    words: (d: AboutMilestone & WithAmount & { transaction_id: string }) => ({
      title: 'Set off against what you owe',
      body: `${money(d)} of the release of "${d.milestone_title}" was set off against what you owe for a payment that was taken back.`,
    }),
  },
  'debt.written_off': {
    to: 'freelancer',
    category: 'money',
    email: 'by_default',
    page: projectPage,
    words: (d: AboutProject & WithAmount & { chargeback_id: string }) => ({
      title: 'Debt forgiven',
      body: `You do not owe ${money(d)} of "${d.project_title}" any more.`,
    }),
  },
  'deposit.returned': {
    to: 'client',
    category: 'money',
    email: 'by_default',
    page: transactionPage,
    receipt: itsTransaction,
    words: (d: AboutProject & WithAmount & { transaction_id: string }) => ({
      title: 'Deposit returned',
      body: `A payment of ${money(d)} for "${d.project_title}" was not needed any more and goes back to you.`,
    }),
  },
  'release.made': {
    to: 'freelancer',
    category: 'money',
    email: 'by_default',
    page: milestonePage,
    receipt: itsTransaction,
    words: (d: AboutMilestone & WithAmount & { transaction_id: string; net: string }) => ({
      title: 'Money released',
      body: `${money(d)} for "${d.milestone_title}" was released; ${d.net} ${d.currency} of it is yours after the platform fee.`,
    }),
  },
  'payment.released': {
    to: 'client',
    category: 'money',
    email: 'by_default',
    page: milestonePage,
    receipt: itsTransaction,
    words: (d: AboutMilestone & WithAmount & { transaction_id: string }) => ({
      title: 'Payment released',
      body: `${money(d)} of what you deposited for "${d.milestone_title}" was released to the freelancer.`,
    }),
  },
  'dispute.settled': {
    to: 'both',
    category: 'money',
    email: 'by_default',
    page: milestonePage,
    words: (
      d: AboutMilestone & {
        dispute_id: string
        currency: string
        to_freelancer: string
        to_client: string
        how: 'offer' | 'no_answer' | 'equal_split' | 'decision'
      }
    ) => ({
      title: 'Dispute settled',
      body: `${SETTLED_BY[d.how]} Of the money for "${d.milestone_title}", ${d.to_freelancer} ${d.currency} goes to the freelancer and ${d.to_client} ${d.currency} back to the client.`,
    }),
  },
  'payout.waiting': {
    to: 'freelancer',
    category: 'money',
    email: 'by_default',
    page: accountsPage,
    words: (d: AboutMilestone & WithAmount & { transaction_id: string; reason: string }) => ({
      title: 'Payout waits',
      body: `Your payout of ${money(d)} waits: ${d.reason}`,
    }),
  },
  'payout.paid': {
    to: 'freelancer',
    category: 'money',
    email: 'by_default',
    page: transactionPage,
    receipt: itsTransaction,
    words: (d: AboutMilestone & WithAmount & { transaction_id: string }) => ({
      title: 'Paid out',
      body: `${money(d)} for "${d.milestone_title}" was sent to your payout account.`,
    }),
  },
  'payout.failed': {
    to: 'freelancer',
    category: 'money',
    email: 'by_default',
    page: accountsPage,
    words: (d: AboutMilestone & WithAmount & { transaction_id: string }) => ({
      title: 'Payout failed',
      body: `Your payout of ${money(d)} for "${d.milestone_title}" failed. The money is still yours; check your payout account.`,
    }),
  },
  'payout.returned': {
    to: 'freelancer',
    category: 'money',
    email: 'by_default',
    page: accountsPage,
    words: (d: AboutMilestone & WithAmount & { transaction_id: string; debt_offset?: string }) => ({
      title: 'Payout returned',
      body: d.debt_offset
        ? `${money(d)} of your payout for "${d.milestone_title}" came back; ${d.debt_offset} ${d.currency} of it was set off against what you owe.`
        : `Your payout of ${money(d)} for "${d.milestone_title}" came back. The money is still yours; check your payout account.`,
    }),
  },
  'refund.requested': {
    to: 'freelancer',
    category: 'money',
    email: 'by_default',
    page: milestonePage,
    words: (
      d: AboutMilestone & WithAmount & { refund_request_id: string; respond_by: string }
    ) => ({
      title: 'Refund requested',
      body: `The client asks for ${money(d)} of "${d.milestone_title}" back. Accept or decline by ${moment(d.respond_by)}.`,
    }),
  },
  'refund.accepted': {
    to: 'client',
    category: 'money',
    email: 'by_default',
    page: milestonePage,
    words: (d: AboutMilestone & WithAmount & { refund_request_id: string }) => ({
      title: 'Refund accepted',
      body: `The freelancer agreed to return ${money(d)} of "${d.milestone_title}". It is on its way.`,
    }),
  },
  'refund.declined': {
    to: 'client',
    category: 'money',
    email: 'by_default',
    page: milestonePage,
    words: (d: AboutMilestone & WithAmount & { refund_request_id: string }) => ({
      title: 'Refund declined',
      body: `The freelancer declined to return ${money(d)} of "${d.milestone_title}".`,
    }),
  },
  'refund.escalated': {
    to: 'both',
    category: 'money',
    email: 'by_default',
    page: milestonePage,
    words: (d: AboutMilestone & WithAmount & { refund_request_id: string }) => ({
      title: 'Refund request became a dispute',
      body: `The request to return ${money(d)} of "${d.milestone_title}" was not answered in time. Our staff will decide.`,
    }),
  },
  'refund.taken': {
    to: 'freelancer',
    category: 'money',
    email: 'by_default',
    page: milestonePage,
    words: (d: AboutMilestone & WithAmount & { refund_request_id: string }) => ({
      title: 'Money taken back',
      body: `The client took ${money(d)} of "${d.milestone_title}" back, for which no work had been submitted. It is not held for you any more.`,
    }),
  },
  'refund.adopted': {
    to: 'freelancer',
    category: 'money',
    email: 'by_default',
    page: milestonePage,
    words: (d: AboutMilestone & WithAmount & { transaction_id: string }) => ({
      title: 'Money refunded',
      body: `${money(d)} of "${d.milestone_title}" went back to the client where it was paid. It is not held for you any more.`,
    }),
  },
  'refund.completed': {
    to: 'client',
    category: 'money',
    email: 'by_default',
    page: transactionPage,
    receipt: itsTransaction,
    words: (d: AboutProject & WithAmount & { transaction_id: string }) => ({
      title: 'Refunded',
      body: `${money(d)} of "${d.project_title}" was sent back to you.`,
    }),
  },
  'refund.failed': {
    to: 'client',
    category: 'money',
    email: 'by_default',
    page: transactionPage,
    words: (d: AboutProject & WithAmount & { transaction_id: string }) => ({
      title: 'Refund could not be sent',
      body: `${money(d)} of "${d.project_title}" could not be sent back the way it came. Our finance team will pay it another way.`,
    }),
  },
  'dispute.opened': {
    to: 'both',
    category: 'money',
    email: 'by_default',
    page: disputePage,
    words: (d: AboutDispute & WithAmount & { by: string; respond_by: string }) => ({
      title: 'Dispute opened',
      body: `${d.by} disputes "${d.milestone_title}" and asks for ${money(d)} of what is held. Answer by ${moment(d.respond_by)}: without an answer it is settled as they ask.`,
    }),
  },
  'dispute.answered': {
    to: 'both',
    category: 'money',
    email: 'by_default',
    page: disputePage,
    words: (d: AboutDispute & { by: string; negotiate_until: string }) => ({
      title: 'Dispute answered',
      body: `${d.by} answered the dispute over "${d.milestone_title}". Make or accept an offer; our staff decide what is not settled by ${moment(d.negotiate_until)}.`,
    }),
  },
  'dispute.message': {
    to: 'both',
    category: 'messages',
    email: 'by_default',
    thread: 'dispute_id',
    page: disputePage,
    many: (d: AboutDispute & { by: string }, count: number) => ({
      title: `${count} messages in a dispute`,
      body: `${d.by} wrote ${count} times in the dispute over "${d.milestone_title}".`,
    }),
    words: (d: AboutDispute & { dispute_message_id: string; by: string }) => ({
      title: 'Message in a dispute',
      body: `${d.by} wrote in the dispute over "${d.milestone_title}".`,
    }),
  },
  'dispute.evidence_added': {
    to: 'both',
    category: 'money',
    email: 'by_default',
    thread: 'dispute_id',
    page: disputePage,
    many: (d: AboutDispute & { by: string }, count: number) => ({
      title: `${count} files of evidence`,
      body: `${d.by} showed ${count} files in the dispute over "${d.milestone_title}".`,
    }),
    words: (d: AboutDispute & { evidence_id: string; name: string; by: string }) => ({
      title: 'Evidence added',
      body: `${d.by} showed "${d.name}" in the dispute over "${d.milestone_title}".`,
    }),
  },
  'dispute.evidence_quarantined': {
    to: 'both',
    category: 'money',
    email: 'by_default',
    page: disputePage,
    words: (d: AboutDispute & { evidence_id: string; name: string; signature: string }) => ({
      title: 'A file of yours was refused',
      body: `The virus scanner found "${d.signature}" in "${d.name}", which you showed in the dispute over "${d.milestone_title}". Nobody can open it; upload a clean one.`,
    }),
  },
  'dispute.evidence_released': {
    to: 'both',
    category: 'money',
    email: 'by_default',
    page: disputePage,
    words: (d: AboutDispute & { evidence_id: string; name: string }) => ({
      title: 'A file of yours was let through',
      body: `"${d.name}", which you showed in the dispute over "${d.milestone_title}", was refused by mistake. It can be opened now.`,
    }),
  },
  'dispute.offered': {
    to: 'both',
    category: 'money',
    email: 'by_default',
    page: disputePage,
    words: (
      d: AboutDispute & {
        offer_id: string
        by: string
        to_freelancer: string
        to_client: string
        currency: string
      }
    ) => ({
      title: 'Settlement offered',
      body: `${d.by} offers to settle the dispute over "${d.milestone_title}": ${d.to_freelancer} ${d.currency} to the freelancer, ${d.to_client} ${d.currency} back to the client. Accept or decline it, or make another offer.`,
    }),
  },
  'dispute.offer_declined': {
    to: 'both',
    category: 'money',
    email: 'by_default',
    page: disputePage,
    words: (d: AboutDispute & { offer_id: string; by: string }) => ({
      title: 'Offer declined',
      body: `${d.by} declined your offer in the dispute over "${d.milestone_title}". You can make another.`,
    }),
  },
  'dispute.split_chosen': {
    to: 'both',
    category: 'money',
    email: 'by_default',
    page: disputePage,
    words: (d: AboutDispute & WithAmount & { by: string }) => ({
      title: 'Equal split proposed',
      body: `${d.by} would halve the ${money(d)} that are held for "${d.milestone_title}". If you choose so too, the dispute is settled at once.`,
    }),
  },
  'dispute.split_taken_back': {
    to: 'both',
    category: 'money',
    email: 'by_default',
    page: disputePage,
    words: (d: AboutDispute & { by: string }) => ({
      title: 'Equal split taken back',
      body: `${d.by} took back to halve what is held for "${d.milestone_title}".`,
    }),
  },
  'dispute.split_lapsed': {
    to: 'both',
    category: 'money',
    email: 'by_default',
    page: disputePage,
    words: (d: AboutDispute & WithAmount) => ({
      title: 'Equal split lapsed',
      body: `What is held for "${d.milestone_title}" has changed to ${money(d)}, so the choice to halve it counts no more. Choose again, if that is what you want.`,
    }),
  },
  'dispute.escalated': {
    to: 'both',
    category: 'money',
    email: 'by_default',
    page: disputePage,
    words: (d: AboutDispute & { by_time: boolean }) => ({
      title: 'Dispute is with our staff',
      body: d.by_time
        ? `The time to settle the dispute over "${d.milestone_title}" is over. Our staff will decide; until then you can still agree.`
        : `The other side asked our staff to decide the dispute over "${d.milestone_title}". Until they have you can still agree.`,
    }),
  },
  'dispute.withdrawn': {
    to: 'both',
    category: 'money',
    email: 'by_default',
    page: milestonePage,
    words: (d: AboutDispute & { by: string; respond_by?: string }) => ({
      title: 'Dispute withdrawn',
      body: d.respond_by
        ? `${d.by} withdrew the dispute over "${d.milestone_title}". The refund request waits for the freelancer's answer again, until ${moment(d.respond_by)}.`
        : `${d.by} withdrew the dispute over "${d.milestone_title}". What it had stopped goes on.`,
    }),
  },
  'dispute.ended': {
    to: 'both',
    category: 'money',
    email: 'by_default',
    page: disputePage,
    words: (d: AboutDispute & { because: 'charged_back' | 'refunded_elsewhere' }) => ({
      title: 'Dispute over',
      body: `Nothing is held for "${d.milestone_title}" any more: ${ENDED_BY[d.because]}. The dispute over it is over.`,
    }),
  },
  'dispute.additions_closed': {
    to: 'both',
    category: 'money',
    email: 'by_default',
    page: disputePage,
    words: (d: AboutDispute) => ({
      title: 'Our staff are reading the dispute',
      body: `Our staff are about to decide the dispute over "${d.milestone_title}": nothing can be added meanwhile. Until they have you can still agree on what is there.`,
    }),
  },
  'dispute.additions_opened': {
    to: 'both',
    category: 'money',
    email: 'by_default',
    page: disputePage,
    words: (d: AboutDispute) => ({
      title: 'The dispute is open for additions again',
      body: `You can write, show files and make offers in the dispute over "${d.milestone_title}" again. Our staff have not decided yet.`,
    }),
  },
  'dispute.decision_proposed': {
    to: 'both',
    category: 'money',
    email: 'by_default',
    page: disputePage,
    words: (d: AboutDispute) => ({
      title: 'Our staff are deciding',
      body: `Our staff are deciding the dispute over "${d.milestone_title}": nothing can be added or agreed on until they have. You hear of it either way.`,
    }),
  },
  'dispute.decision_dropped': {
    to: 'both',
    category: 'money',
    email: 'by_default',
    page: disputePage,
    words: (d: AboutDispute) => ({
      title: 'Our staff look again',
      body: `Our staff have not settled the dispute over "${d.milestone_title}" yet and look at it again. Until they decide you can add to it and still agree; offers from before are over.`,
    }),
  },
  'dispute.reminder': {
    to: 'both',
    category: 'money',
    email: 'by_default',
    page: disputePage,
    words: (d: AboutDispute & { unanswered: boolean; until: string; days: number }) => ({
      title: `${d.days === 1 ? 'One day' : `${d.days} days`} left ${d.unanswered ? 'to answer a dispute' : 'to settle a dispute'}`,
      body: d.unanswered
        ? `Answer the dispute over "${d.milestone_title}" by ${moment(d.until)}: without an answer it is settled as the other side asks.`
        : `Our staff decide the dispute over "${d.milestone_title}" if it is not settled by ${moment(d.until)}.`,
    }),
  },
  'payout_account.added': {
    to: 'freelancer',
    category: 'security',
    email: 'always',
    page: accountsPage,
    words: (d: NamedPayoutAccount & { is_default: boolean }) => ({
      title: 'Payout account added',
      body: `${sentence(accountOf(d))} was added to where you can be paid${d.is_default ? `, and your payouts go there ${d.destination ? 'from now on' : 'as soon as it is set up'}` : ''}. If that was not you, remove it and change your password.`,
    }),
  },
  'payout_account.made_default': {
    to: 'freelancer',
    category: 'security',
    email: 'always',
    page: accountsPage,
    words: (d: NamedPayoutAccount) => ({
      title: 'Payouts go elsewhere from now on',
      body: `Your payouts go to ${accountOf(d)} from now on. If that was not you, change it back and change your password.`,
    }),
  },
  'payout_account.removed': {
    to: 'freelancer',
    category: 'security',
    email: 'always',
    page: accountsPage,
    words: (d: NamedPayoutAccount & { is_last: boolean }) => ({
      title: 'Payout account removed',
      body: `${sentence(accountOf(d))} was removed from where you can be paid.${d.is_last ? ' Your payouts wait until you add another.' : ''} If that was not you, add it again and change your password.`,
    }),
  },
  'payout_account.enabled': {
    to: 'freelancer',
    category: 'account',
    email: 'by_default',
    page: accountsPage,
    words: (_: AboutPayoutAccount) => ({
      title: 'Payout account ready',
      body: 'Your payout account is set up and can be paid now.',
    }),
  },
  'payout_account.restricted': {
    to: 'freelancer',
    category: 'account',
    email: 'by_default',
    page: accountsPage,
    words: (_: AboutPayoutAccount) => ({
      title: 'Payout account needs something',
      body: 'The payment provider wants more details before it can pay you. Open the onboarding link to give them.',
    }),
  },
  'payout_account.disabled': {
    to: 'freelancer',
    category: 'account',
    email: 'by_default',
    page: accountsPage,
    words: (_: AboutPayoutAccount) => ({
      title: 'Payout account closed',
      body: 'The payment provider has closed your payout account. Add another to be paid.',
    }),
  },
  'payout_account.refused': {
    to: 'freelancer',
    category: 'account',
    email: 'by_default',
    page: accountsPage,
    words: (d: AboutPayoutAccount & { reason: string }) => ({
      title: 'Payout account refused',
      body: `The payment provider does not make the payout account that you asked for: ${d.reason} Add another to be paid.`,
    }),
  },
  'payout_account.bank_payout_failed': {
    to: 'freelancer',
    category: 'account',
    email: 'by_default',
    page: accountsPage,
    words: (
      d: AboutPayoutAccount & Partial<WithAmount> & { bank_payout_id: string; reason: string }
    ) => ({
      title: 'Not sent to your bank',
      body: `The payment provider could not send ${d.amount ? `${d.amount} ${d.currency}` : 'money'} from your payout account to your bank. It is in your balance there; check your bank details with the provider.`,
    }),
  },
} satisfies Record<string, Entry<never>>

export type NotificationKind = keyof typeof catalogue

export type NotificationData<Kind extends NotificationKind> = Parameters<
  (typeof catalogue)[Kind]['words']
>[0]

/** What the catalogue says of a kind; undefined for one that a later or earlier release knows. */
export function entryOf<Kind extends NotificationKind>(kind: Kind): Entry<NotificationData<Kind>>
export function entryOf(kind: string): Entry<unknown> | undefined
export function entryOf(kind: string): Entry<unknown> | undefined {
  return (catalogue as Record<string, unknown>)[kind] as Entry<unknown> | undefined
}

export function wordsOf<Kind extends NotificationKind>(
  kind: Kind,
  data: NotificationData<Kind>
): Words {
  return entryOf(kind).words(data)
}

function money({ amount, currency }: WithAmount): string {
  return `${amount} ${currency}`
}

const SETTLED_BY = {
  offer: 'An offer was accepted.',
  no_answer: 'The dispute was not answered in time.',
  equal_split: 'Both chose an equal split.',
  decision: 'Our staff decided the dispute; their reasons are with it.',
}

const ENDED_BY = {
  charged_back: "the payer's bank took it back",
  refunded_elsewhere: 'it was refunded to the client',
}

const PROVIDERS: Record<string, string> = { stripe: 'Stripe', paypal: 'PayPal', venmo: 'Venmo' }

/** An account in words that its owner knows it by, which an id at the provider is not. */
function accountOf({ payment_provider: name, country, destination }: NamedPayoutAccount): string {
  return `your ${PROVIDERS[name] ?? name} account ${destination || `(${country})`}`
}

function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** `2026-03-14, 15:12 UTC` of an ISO timestamp: what ends at some time of a day is not to be missed by hours. */
function moment(timestamp: string): string {
  return `${timestamp.slice(0, 10)}, ${timestamp.slice(11, 16)} UTC`
}

import type { Rail } from '#models/transaction'

/**
 * Kinds of accounts, by the prefix of their names. The database knows the same list with what
 * follows from a kind (normal side, stripes, whether it may go negative) in `ledger_account_kinds`
 * and refuses any other name.
 */
export type AccountKind =
  | 'clearing'
  | 'bank'
  | 'escrow'
  | 'payable'
  | 'payout_in_transit'
  | 'refund_in_transit'
  | 'refund_payable'
  | 'unapplied'
  | 'freelancer_receivable'
  | 'chargeback_receivable'
  | 'platform_fee'
  | 'provider_fee'
  | 'dispute_fee'
  | 'chargeback_loss'
  | 'platform_capital'
  | 'suspense'

/** What an account is called, whatever its currency: `platform_fee`, `escrow:<milestone id>`. */
export type AccountName = AccountKind | `${AccountKind}:${string}`

/** The accounts, by whose money it is. One name stands for one account per currency. */
export const accounts = {
  /** Our balance at a provider, pending included. */
  clearing: (rail: Rail): AccountName => `clearing:${rail}`,
  /** Where the rails' balances come from and go to. */
  bank: (): AccountName => 'bank',
  /** Held for one milestone; it can pay nothing else. */
  escrow: (milestoneId: string): AccountName => `escrow:${milestoneId}`,
  /** Released, not yet paid out. */
  payable: (userId: string): AccountName => `payable:${userId}`,
  /** Sent to the provider, not confirmed. One per payout, so that confirming twice cannot pass. */
  payoutInTransit: (transactionId: string): AccountName => `payout_in_transit:${transactionId}`,
  /** Sent back through the provider, not confirmed; one per refund. */
  refundInTransit: (transactionId: string): AccountName => `refund_in_transit:${transactionId}`,
  /** A refund that its rail could not carry: still owed to the client. */
  refundPayable: (userId: string): AccountName => `refund_payable:${userId}`,
  /** Money that came for something no longer there. */
  unapplied: (userId: string): AccountName => `unapplied:${userId}`,
  /** What a freelancer owes us. */
  freelancerReceivable: (userId: string): AccountName => `freelancer_receivable:${userId}`,
  /** What we claim back from a chargeback while it is open. */
  chargebackReceivable: (id: string): AccountName => `chargeback_receivable:${id}`,
  platformFee: (): AccountName => 'platform_fee',
  providerFee: (): AccountName => 'provider_fee',
  disputeFee: (): AccountName => 'dispute_fee',
  chargebackLoss: (): AccountName => 'chargeback_loss',
  /** The float that we put in. */
  platformCapital: (): AccountName => 'platform_capital',
  /** Unexplained until a person explains it. */
  suspense: (): AccountName => 'suspense',
}

/**
 * Accounts of nobody but us: what people may correct by hand. What is held for users, owed to them or by
 * them, and what is on its way, moves by its own operations only.
 */
export const CORRECTABLE = [
  'clearing',
  'bank',
  'suspense',
  'platform_fee',
  'provider_fee',
  'dispute_fee',
  'chargeback_loss',
  'platform_capital',
] as const satisfies AccountKind[]

interface EntryRule {
  debit: readonly AccountKind[]
  credit: readonly AccountKind[]
}

/**
 * What an entry may say, by its kind. Balanced entries can still be nonsense; a release that credits
 * the clearing account is refused here, and found by `reconcile:ledger` if it came another way.
 */
export const ENTRY_RULES = {
  // Treasury: money between us, the bank and the rails.
  opening_float: { debit: ['bank'], credit: ['platform_capital'] },
  top_up: { debit: ['clearing'], credit: ['bank'] },
  withdrawal: { debit: ['bank'], credit: ['clearing'] },

  // In.
  deposit_captured: { debit: ['clearing'], credit: ['escrow'] },
  unapplied_received: { debit: ['clearing'], credit: ['unapplied'] },
  provider_fee: { debit: ['provider_fee'], credit: ['clearing'] },

  // Out, by the three doors.
  release: { debit: ['escrow'], credit: ['payable', 'platform_fee'] },
  resolution: { debit: ['escrow'], credit: ['payable', 'platform_fee', 'refund_in_transit'] },
  refund_started: {
    debit: ['escrow', 'unapplied', 'refund_payable'],
    credit: ['refund_in_transit'],
  },
  refund_succeeded: { debit: ['refund_in_transit'], credit: ['clearing'] },
  /** Before it succeeded from transit, afterwards from the clearing account it came back to. */
  refund_failed: { debit: ['refund_in_transit', 'clearing'], credit: ['refund_payable'] },
  /** Paid from our bank, because no rail could carry it. */
  refund_paid_by_hand: { debit: ['refund_payable'], credit: ['bank'] },

  payout_started: { debit: ['payable'], credit: ['payout_in_transit'] },
  payout_confirmed: { debit: ['payout_in_transit'], credit: ['clearing'] },
  payout_failed: { debit: ['payout_in_transit'], credit: ['payable'] },
  payout_returned: { debit: ['clearing'], credit: ['payable'] },

  chargeback_withdrawn: { debit: ['chargeback_receivable', 'dispute_fee'], credit: ['clearing'] },
  chargeback_won: { debit: ['clearing'], credit: ['chargeback_receivable', 'dispute_fee'] },
  /** What a provider takes, or gives back, for a dispute whose money does not move with it. */
  dispute_fee_taken: { debit: ['dispute_fee'], credit: ['clearing'] },
  dispute_fee_returned: { debit: ['clearing'], credit: ['dispute_fee'] },
  /** A refund that is owed to the payer is settled when their bank gives them the money. */
  chargeback_lost: {
    debit: ['escrow', 'refund_payable', 'freelancer_receivable', 'platform_fee', 'chargeback_loss'],
    credit: ['chargeback_receivable'],
  },
  /** Lost, then won after all; what was already recovered from the freelancer becomes payable. */
  chargeback_loss_reversed: {
    debit: ['chargeback_receivable'],
    credit: [
      'escrow',
      'refund_payable',
      'freelancer_receivable',
      'platform_fee',
      'chargeback_loss',
      'payable',
    ],
  },
  debt_offset: { debit: ['payable'], credit: ['freelancer_receivable'] },
  debt_recovered: { debit: ['clearing', 'bank'], credit: ['freelancer_receivable'] },
  debt_written_off: { debit: ['chargeback_loss'], credit: ['freelancer_receivable'] },

  // Differences: booked as unexplained, then moved to where they belong. Of a refund that went through
  // after all, what was still owed is explained.
  suspense_booked: {
    debit: ['clearing', 'bank', 'suspense', 'refund_payable'],
    credit: ['clearing', 'bank', 'suspense'],
  },
  /** Written by one person and approved by another. */
  correction: { debit: CORRECTABLE, credit: CORRECTABLE },
} as const satisfies Record<string, EntryRule>

/** `reversal`: the mirror image of one earlier entry, whatever its kind was. The database compares. */
export type EntryKind = keyof typeof ENTRY_RULES | 'reversal'

/** The kind of account that a name belongs to. */
export function kindOf(account: AccountName): AccountKind {
  const colon = account.indexOf(':')
  return (colon < 0 ? account : account.slice(0, colon)) as AccountKind
}

/** Whether an entry of this kind may post to this account on this side. */
export function mayPost(
  kind: EntryKind,
  direction: 'debit' | 'credit',
  account: AccountName
): boolean {
  if (kind === 'reversal') return true
  const rule: EntryRule = ENTRY_RULES[kind]
  return rule[direction].includes(kindOf(account))
}

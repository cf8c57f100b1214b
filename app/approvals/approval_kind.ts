import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Client } from '#ledger/balances'
import type { Money } from '#ledger/money'
import type { JournalEntryInput } from '#ledger/post_entries'
import type Approval from '#models/approval'
import type { ApprovalKindName } from '#models/approval'
import type { StaffAction } from '#staff/roles'

/** What a proposal is about, as its subject stands now. A proposal whose subject has others is not approved. */
export interface Terms {
  /** Nothing for what moves no money by itself. */
  amount: Money
  /** Who gets it: `user:<id>`, or accounts of the ledger; what is changed, for what moves no money. */
  payee: string
  /** Differs when the subject has changed in a way that the second person has to know of. */
  version: bigint
}

/**
 * One thing that takes two people.
 *
 * `Content` is what the proposer decided beside the amount, as JSON: ids and words, amounts as decimal
 * strings. `Prepared` is what a provider had to be asked for, before the transaction.
 */
export interface ApprovalKind<Content extends object = any, Prepared = any> {
  name: ApprovalKindName
  /** As a heading: `Write off a debt`. */
  about: string
  /** What `subjectId` is an id of, as the audit log calls it. */
  subjectType: string | ((content: Content) => string)
  /** What it is about as the audit log and pages name it, where that is not the id of the subject. */
  target?(content: Content): { type: string; id: string }
  /** Who may propose it, by the table of roles. */
  proposes: StaffAction
  /** Who may approve or refuse what somebody else proposed. */
  approves: StaffAction
  /**
   * Asks a provider, outside of any transaction. Called before proposing and before approving.
   *
   * @throws Problem or ProviderFailure if it cannot be done
   */
  prepare?(subjectId: string, content: Content): Promise<Prepared>
  /**
   * Locks the subject, in the usual order (app/escrow/locks.ts), and reads its terms. Called when it is
   * proposed and again before it is carried out; in between, the terms must not have changed.
   *
   * @throws Problem if it cannot be done (any more)
   */
  lock(
    trx: TransactionClientContract,
    subjectId: string,
    content: Content,
    prepared: Prepared
  ): Promise<Terms>
  /**
   * Does it, in the transaction in which it was approved and after `lock`. What it writes refers to the
   * approval, and the database refuses it without.
   */
  carryOut(trx: TransactionClientContract, approval: Approval, prepared: Prepared): Promise<void>
  /** What follows, in the same transaction, when it was refused or withdrawn: `approval.status` says which. */
  dropped?(trx: TransactionClientContract, approval: Approval): Promise<void>
  /** What is left to do when that is committed. It may fail and be done by a job instead. */
  afterwards?(approval: Approval, prepared: Prepared): Promise<void>
  /** What it changes beside money, in words. */
  changes?(content: Content): { what: string; before: string; after: string }[]
  /** The entries that it would post now, for whoever decides. References and ids are not final. */
  preview?(client: Client, approval: Approval): Promise<JournalEntryInput[]>
}

/** What a proposal is about, as the audit log and pages name it. */
export function targetOf(
  kind: ApprovalKind,
  { subjectType: type, subjectId: id, content }: Approval
): { type: string; id: string } {
  return kind.target?.(content) ?? { type, id }
}

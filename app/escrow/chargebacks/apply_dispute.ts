import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import db from '@adonisjs/lucid/services/db'
import { DateTime } from 'luxon'
import { inTransaction } from '#database/transaction'
import { balanceOf } from '#ledger/balances'
import { accounts } from '#ledger/chart_of_accounts'
import { Money } from '#ledger/money'
import { postEntries } from '#ledger/post_entries'
import type { Provider, ProviderDispute } from '#payments/provider'
import Chargeback from '#models/chargeback'
import type Transaction from '#models/transaction'
import { completeIfDone } from '#escrow/complete_project'
import { lockTransactionWithProject } from '#escrow/locks'
import { PROVIDER } from '#escrow/record_activity'
import { syncDisputed } from '#escrow/sync_disputed'
import { bookedLoss, lossOf, planLoss, type LockedChargeback } from '#escrow/chargebacks/book_loss'
import { planMovements, type Movements } from '#escrow/chargebacks/book_movements'
import { fundedBy, stopClocks, tellDisputed, thawDeposit } from '#escrow/chargebacks/freeze'
import { isDepositFrozen } from '#escrow/chargebacks/frozen'
import { smaller } from '#escrow/chargebacks/loss_shares'
import { takeEffect } from '#escrow/chargebacks/take_effect'
import { takeUnsentRefunds } from '#escrow/chargebacks/take_unsent_refunds'
import { tellOfChargeback } from '#escrow/chargebacks/tell'

/** What was observed is recorded, or is older than what is, or is about a payment that is none of ours. */
export type Applied = 'recorded' | 'outdated' | 'not_ours'

/**
 * Brings our books to what a provider says of a dispute, in any order and any number of times.
 *
 * - while it is open, an inquiry too: every milestone of its deposit is frozen
 * - each of its movements: clearing → our claim (`chargeback_receivable`), or back; once
 * - lost: what of the claim nobody gives back is borne by those whom `shareLoss` names
 * - won or given back, also after it was lost: the loss is reversed; what was held is held again, and
 *   what the freelancer gave back meanwhile is paid to them
 * - over, and its money settled: the milestones thaw, unless another dispute is open
 *
 * An appeal of a lost dispute leaves the loss where it is until it is decided.
 *
 * @param askedAt when the provider was asked for `observed`, by the database's clock; now if left out
 * @returns false if the dispute is about a payment that is none of ours, or not booked yet
 * @throws Error if the movements contradict each other: nothing is booked, and the job fails visibly
 */
export async function applyDispute(
  provider: Provider,
  observed: ProviderDispute,
  askedAt?: string
): Promise<boolean> {
  return (await recordDispute(provider, observed, askedAt)) !== 'not_ours'
}

/** The same for a caller that can ask again when what it got is outdated. */
export async function recordDispute(
  provider: Provider,
  observed: ProviderDispute,
  askedAt?: string
): Promise<Applied> {
  const found = await findDeposit(provider, observed)
  if (!found) return 'not_ours'
  return inTransaction(async (trx) => {
    const locks = await lockTransactionWithProject(trx, found)
    const deposit = locks.transaction
    const milestones = await fundedBy(trx, deposit.id, locks.milestones)
    const known = await Chargeback.query({ client: trx })
      .where('rail', provider.rail)
      .where('provider_dispute_id', observed.id)
      .forUpdate()
      .first()
    if (known && askedAt && (await wasObservedAfter(trx, known, askedAt))) return 'outdated'

    const told = !known && (await isDepositFrozen(trx, deposit.id))
    const before = known ? { state: known.state, open: known.closedAt === null } : undefined
    const chargeback = known ?? (await open(trx, provider, deposit, observed))
    const locked = { trx, chargeback, deposit, project: locks.project, milestones }
    const movements = await planMovements(locked, observed)
    if (!movements) return 'outdated'

    const evidence = observed.evidenceSubmitted && chargeback.evidenceSubmittedAt === null
    await update(locked, observed, askedAt)
    await settle(locked, movements, { before, told, evidence })
    return 'recorded'
  })
}

/** The deposit that a dispute's charge belongs to, once that is booked. */
async function findDeposit(
  provider: Provider,
  { chargeId }: ProviderDispute
): Promise<string | undefined> {
  if (!chargeId) return undefined
  const row = await db
    .from('deposits')
    .join('transactions', 'transactions.id', 'deposits.transaction_id')
    .where('deposits.charge_id', chargeId)
    .where('transactions.rail', provider.rail)
    .select('transactions.id')
    .first()
  return row?.id
}

async function wasObservedAfter(
  trx: TransactionClientContract,
  chargeback: Chargeback,
  askedAt: string
): Promise<boolean> {
  const row = await trx
    .from('chargebacks')
    .where('id', chargeback.id)
    .whereRaw('observed_at > ?::timestamptz', [askedAt])
    .first()
  return Boolean(row)
}

async function open(
  trx: TransactionClientContract,
  provider: Provider,
  deposit: Transaction,
  observed: ProviderDispute
): Promise<Chargeback> {
  const chargeback = await Chargeback.create(
    {
      rail: provider.rail,
      providerDisputeId: observed.id,
      depositId: deposit.id,
      amount: observed.amount.minor,
      currency: observed.amount.currency,
      state: observed.state,
      providerStatus: observed.status,
      openedAt: DateTime.fromJSDate(observed.openedAt),
      observedAt: DateTime.utc(),
    },
    { client: trx }
  )
  await chargeback.refresh()
  return chargeback
}

async function update(
  { trx, chargeback }: LockedChargeback,
  observed: ProviderDispute,
  askedAt?: string
): Promise<void> {
  chargeback.useTransaction(trx)
  chargeback.merge({
    amount: observed.amount.minor,
    currency: observed.amount.currency,
    state: observed.state,
    providerStatus: observed.status,
    reason: observed.reason,
    evidenceDueBy: observed.evidenceDueBy ? DateTime.fromJSDate(observed.evidenceDueBy) : null,
  })
  // Before the rest is saved: it may not be closed in a state that is open again.
  if (!chargeback.isDecided) chargeback.closedAt = null
  await chargeback.save()
  await trx.rawQuery(
    `UPDATE chargebacks
        SET observed_at = coalesce(?::timestamptz, clock_timestamp()),
            evidence_submitted_at = CASE WHEN ? THEN coalesce(evidence_submitted_at, now())
                                         ELSE evidence_submitted_at END
      WHERE id = ?`,
    [askedAt ?? null, observed.evidenceSubmitted, chargeback.id] as never
  )
}

/** What is new about a dispute, beside its money. */
interface Since {
  /** How it stood; undefined for one that is new. */
  before?: { state: string; open: boolean }
  /** That the payment is disputed was told before. */
  told: boolean
  /** Evidence was submitted meanwhile. */
  evidence: boolean
}

/** Books what is new, and lets it take effect on milestones, payouts and the project. */
async function settle(
  locked: LockedChargeback,
  movements: Movements,
  { before, told, evidence }: Since
): Promise<void> {
  const { trx, chargeback, deposit, project, milestones } = locked
  const booked = await bookedLoss(trx, chargeback.id)
  const lossBefore = lossOf(booked, deposit.currency)
  const wanted = lossWanted(chargeback, movements.claim, lossBefore)
  const fresh = movements.withdrawn.length + movements.reinstated.length > 0
  if (before && !before.open && chargeback.closedAt && !fresh && wanted.equals(lossBefore)) return

  await stopClocks(trx, milestones)
  if (wanted.compare(lossBefore) > 0) await takeUnsentRefunds(locked, wanted.subtract(lossBefore))
  const loss = wanted.equals(lossBefore)
    ? undefined
    : await planLoss(locked, booked, wanted, movements.transactionId!)
  const entries = [...movements.withdrawn, ...(loss?.entries ?? []), ...movements.reinstated]
  if (entries.length > 0) await postEntries(trx, entries)
  if (loss) await takeEffect(locked, loss)

  const settled = await closeIfSettled(locked, movements)
  const ended = settled && (!before || before.open || !wanted.equals(lossBefore))
  const zero = Money.zero(deposit.currency)
  if (!before && !told) {
    await tellDisputed(locked, Money.of(chargeback.amount, chargeback.currency))
  }
  await tellOfChargeback(locked, {
    evidence,
    from: before?.state,
    lost: wanted.compare(lossBefore) > 0 ? wanted.subtract(lossBefore) : zero,
    incurred: loss?.incurred ?? zero,
    eased: loss?.eased ?? zero,
    reversed: wanted.compare(lossBefore) < 0,
    ended: ended && wanted.isZero,
  })
  await thawDeposit(locked)
  await completeIfDone(trx, await syncDisputed(trx, project.id, PROVIDER), PROVIDER)
}

/** An appeal leaves a loss that is booked as it is, but for what came back already. */
function lossWanted(chargeback: Chargeback, claim: Money, before: Money): Money {
  if (chargeback.state === 'lost') return claim
  return chargeback.isDecided ? Money.zero(claim.currency) : smaller(before, claim)
}

/**
 * It is over once it is decided and its money is settled: lost and borne, or back. One that is lost and
 * has taken nothing is not: a provider may tell of its decision before it lists what it took.
 */
async function closeIfSettled(locked: LockedChargeback, movements: Movements): Promise<boolean> {
  const { trx, chargeback, deposit } = locked
  const account = accounts.chargebackReceivable(chargeback.id)
  const claim = await balanceOf(trx, account, deposit.currency)
  const taken = chargeback.state !== 'lost' || movements.transactionId !== undefined
  const settled = chargeback.isDecided && taken && claim.isZero && !movements.unexplained
  if (settled !== (chargeback.closedAt !== null)) {
    chargeback.closedAt = settled ? DateTime.utc() : null
    await chargeback.save()
  }
  return settled
}

import { DateTime } from 'luxon'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { inTransaction } from '#database/transaction'
import { Money, sumOf } from '#ledger/money'
import type { ClientAction, DepositMethod, Provider } from '#payments/provider'
import { providerFor } from '#payments/registry'
import { forbidden, unprocessable, wrongState } from '#exceptions/problem'
import type User from '#models/user'
import type Milestone from '#models/milestone'
import type Project from '#models/project'
import DepositAllocation from '#models/deposit_allocation'
import EscrowAccount from '#models/escrow_account'
import Transaction, { PROVIDER_NAMES, type PaymentProvider } from '#models/transaction'
import { enqueue } from '#jobs/queue'
import sendDepositJob from '#jobs/send_deposit'
import { lockMilestones, lockProject } from '#escrow/locks'
import { recordActivity } from '#escrow/record_activity'
import { cancelDeposit } from '#escrow/cancel_deposit'
import { sendDeposit } from '#escrow/send_deposit'
import type { BindIntent } from '#escrow/intent'

/** Gives the inline call a head start; the job only matters if this process dies. */
const SAFETY_NET_SECONDS = 30

export interface FundMilestones {
  by: User
  /** Whole, unfunded milestones of one project; the deposit equals their sum. */
  milestoneIds: string[]
  paymentProvider: PaymentProvider
  /** The provider's form inside the frontend, or its hosted page; without it, what the provider prefers. */
  method?: DepositMethod
  /** Where the hosted page sends the payer back to. */
  returnUrl?: string
  bind?: BindIntent
}

/**
 * Starts a deposit: records the intent, then asks the provider for something to pay with. The
 * milestones are funded later, when the provider tells that the money was captured.
 *
 * One live deposit per milestone: an older unpaid one is cancelled at its provider first.
 *
 * @returns the pending transaction, and how to pay; without `clientAction` the provider's answer is
 *   still unknown, and a later look at the transaction brings it
 * @throws Problem 404 a milestone that is not the caller's to see; 403 not the project's client;
 *   409 `wrong_state`, `already_funded`, `deposit_pending`; 422 method, currency, amount or due date beyond
 *   the rail's limits; 402 `provider_declined`
 */
export async function fundMilestones(
  input: FundMilestones
): Promise<{ transaction: Transaction; clientAction?: ClientAction }> {
  const provider = providerFor(input.paymentProvider)
  const ids = [...new Set(input.milestoneIds)]
  const method = methodFor(provider, input.method)

  for (;;) {
    const attempt = await inTransaction((trx) =>
      recordIntent(trx, provider, { ...input, method, milestoneIds: ids })
    )
    if ('transactionId' in attempt) return sendDeposit(attempt.transactionId)
    for (const superseded of attempt.inTheWay) {
      await cancelDeposit(superseded, {
        actor: { type: 'user', id: input.by.id },
        failureCode: 'superseded',
        failureMessage: 'A new deposit took its place.',
      })
    }
  }
}

function methodFor(provider: Provider, wanted?: DepositMethod): DepositMethod {
  const [preferred] = provider.depositMethods
  if (!wanted || provider.depositMethods.includes(wanted)) return wanted ?? preferred
  throw unprocessable(
    'method',
    'provider_method',
    `${PROVIDER_NAMES[provider.name]} is paid by ${provider.depositMethods.join(' or ')}; leave "method" out or choose that.`
  )
}

type Intent = { transactionId: string } | { inTheWay: string[] }

async function recordIntent(
  trx: TransactionClientContract,
  provider: Provider,
  input: FundMilestones & { method: DepositMethod }
): Promise<Intent> {
  const { project, milestones } = await lockFundable(trx, input)
  const amount = sumOf(
    milestones.map((milestone) => Money.of(milestone.amount, milestone.currency)),
    project.currency
  )
  assertWithinLimits(provider, amount, milestones)

  const inTheWay = await DepositAllocation.query({ client: trx })
    .whereIn('milestone_id', input.milestoneIds)
    .where('live', true)
    .distinct('transaction_id')
    .select('transaction_id')
  if (inTheWay.length > 0)
    return { inTheWay: inTheWay.map((allocation) => allocation.transactionId) }

  const escrowAccount = await EscrowAccount.query({ client: trx })
    .where('project_id', project.id)
    .firstOrFail()
  const transaction = await Transaction.create(
    {
      escrowAccountId: escrowAccount.id,
      milestoneId: milestones.length === 1 ? milestones[0].id : null,
      userId: input.by.id,
      transactionType: 'deposit',
      paymentProvider: provider.name,
      rail: provider.rail,
      status: 'pending',
      amount: amount.minor,
      currency: amount.currency,
      attempt: 1,
    },
    { client: trx }
  )
  await trx.table('deposits').insert({
    transaction_id: transaction.id,
    method: input.method,
    return_url: input.returnUrl ?? null,
    expires_at: trx.raw('now() + make_interval(secs => ?)', [provider.depositLifetimeMs / 1000]),
  })
  await DepositAllocation.createMany(
    milestones.map((milestone) => ({
      transactionId: transaction.id,
      milestoneId: milestone.id,
      amount: milestone.amount,
      live: true,
    })),
    { client: trx }
  )
  await recordActivity(trx, {
    projectId: project.id,
    milestoneId: transaction.milestoneId ?? undefined,
    subject: { type: 'transaction', id: transaction.id },
    actor: { type: 'user', id: input.by.id },
    action: 'deposit.started',
    to: 'pending',
  })
  await input.bind?.(trx, transaction.id)
  await enqueue(
    trx,
    sendDepositJob,
    { transactionId: transaction.id },
    { startAfter: SAFETY_NET_SECONDS }
  )
  return { transactionId: transaction.id }
}

async function lockFundable(
  trx: TransactionClientContract,
  input: FundMilestones
): Promise<{ project: Project; milestones: Milestone[] }> {
  const projectIds = await trx
    .from('milestones')
    .whereIn('id', input.milestoneIds)
    .distinct('project_id')
  if (projectIds.length !== 1) {
    throw unprocessable('milestone_ids', 'same_project', 'Name milestones of one project only.')
  }
  const project = await lockProject(trx, projectIds[0].project_id)
  const milestones = await lockMilestones(trx, input.milestoneIds)
  if (project.clientId !== input.by.id) throw forbidden('Only the client of a project funds it.')
  if (project.status !== 'active' && project.status !== 'disputed') {
    throw wrongState('Only milestones of an active project can be funded.', project.status)
  }
  for (const milestone of milestones) {
    if (milestone.isFunded || milestone.isClosed) {
      throw wrongState(`Milestone "${milestone.title}" is already funded.`, milestone.status, {
        code: 'already_funded',
        extra: { milestone_id: milestone.id },
      })
    }
  }
  return { project, milestones }
}

/** @throws Problem 422 for what the rail cannot take, or could not give back when work is due */
function assertWithinLimits(provider: Provider, amount: Money, milestones: Milestone[]): void {
  const limits = provider.limitsFor(amount.currency)
  if (!limits) {
    throw unprocessable(
      'payment_provider',
      'currency',
      `${PROVIDER_NAMES[provider.name]} does not settle ${amount.currency} here; choose another way to pay.`
    )
  }
  if (amount.compare(limits.minimum) < 0 || amount.compare(limits.maximum) > 0) {
    throw unprocessable(
      'milestone_ids',
      'rail_limits',
      `${PROVIDER_NAMES[provider.name]} takes ${limits.minimum} to ${limits.maximum} in one payment; this would be ${amount}.`
    )
  }
  const days = Math.min(provider.holdDays, provider.refundableDays)
  const latest = DateTime.now().plus({ days })
  const late = milestones.find((milestone) => milestone.dueDate > latest)
  if (late) {
    throw unprocessable(
      'milestone_ids',
      'hold_limit',
      `${PROVIDER_NAMES[provider.name]} holds and refunds money for ${days} days; "${late.title}" is due later. Fund it nearer to its due date.`
    )
  }
}

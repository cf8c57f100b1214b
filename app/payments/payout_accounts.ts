import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import logger from '@adonisjs/core/services/logger'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { validate as isUuid } from 'uuid'
import { Problem, forbidden, notFound, unprocessable, wrongState } from '#exceptions/problem'
import { assertVerified } from '#identity/verified'
import { enqueue } from '#jobs/queue'
import wakePayouts from '#jobs/wake_payouts'
import PayoutAccount from '#models/payout_account'
import { PROVIDER_NAMES, type PaymentProvider } from '#models/transaction'
import User from '#models/user'
import { notify } from '#notifications/notify'
import { establishRecipient, type AbsenceRule } from '#payments/establish_recipient'
import { ProviderFailure, type Provider } from '#payments/provider'
import { providerFor } from '#payments/registry'
import { tellOfAccount } from '#payments/tell_of_account'

/** More than anybody needs, and an end to making accounts at the provider's expense. */
const MOST_ACCOUNTS = 5

/** A freelancer's payout accounts, oldest first. @throws Problem 403 for clients */
export async function payoutAccountsOf(user: User): Promise<PayoutAccount[]> {
  assertFreelancer(user)
  return live(user).orderBy('id')
}

/**
 * Adds a payout account: records it, has the provider make it, records what came of that. The first one
 * becomes the default. A previous try whose outcome is unknown is resumed as it was first asked for, with
 * its own key and country; for another country, remove it first. One that the provider has made and whose
 * set-up is not finished is the one to go on with. So pressing twice makes one account, however late.
 *
 * @returns the account; without a `destination` the provider's answer is still unknown
 * @throws Problem 403 clients, `email_not_verified`; 409 `too_many_payout_accounts`;
 *   422 `provider_unavailable`, `provider_declined`, and for what is missing
 */
export async function addPayoutAccount(
  user: User,
  wanted: { paymentProvider: PaymentProvider; country?: string; destination?: string }
): Promise<PayoutAccount> {
  assertMayChange(user)
  const provider = providerFor(wanted.paymentProvider)
  const country = wanted.country ?? assumedCountry(provider)
  const destination = namedDestination(provider, { destination: wanted.destination, country })
  const account = await inTransaction(async (trx) => {
    await lockUser(trx, user)
    const accounts = await live(user, trx)
    const unfinished = accounts.find(
      (each) =>
        each.paymentProvider === wanted.paymentProvider &&
        (!each.destination || (each.status === 'pending' && each.country === country))
    )
    if (unfinished) return unfinished
    const same = accounts.find(
      (each) => each.paymentProvider === wanted.paymentProvider && each.destination === destination
    )
    if (same) return same
    if (accounts.length >= MOST_ACCOUNTS) {
      throw wrongState('Remove a payout account before adding another.', 'full', {
        code: 'too_many_payout_accounts',
        extra: { maximum: MOST_ACCOUNTS },
      })
    }
    const isDefault = !accounts.some((each) => each.isDefault)
    const { id } = await PayoutAccount.create(
      {
        userId: user.id,
        paymentProvider: wanted.paymentProvider,
        country,
        // One that the freelancer names needs nothing of the provider: it can be paid as it is.
        ...(destination && { destination, status: 'enabled' }),
        isDefault,
      },
      { client: trx }
    )
    if (destination && isDefault) await enqueue(trx, wakePayouts, { userId: user.id })
    const made = await PayoutAccount.findOrFail(id, { client: trx })
    // Of one that the provider makes its owner is told when there is one: see `recordRecipient`.
    if (destination) {
      await tellOfAccount(trx, made, 'payout_account.added', { is_default: isDefault })
    }
    return made
  })
  return establish(user, account)
}

/**
 * The country of who names none. An account that the provider makes keeps the one that it was made for,
 * for ever: nobody is given one unasked.
 *
 * @throws Problem 422 on `country`
 */
function assumedCountry(provider: Provider): string {
  if (provider.destinationOf) return 'US'
  throw unprocessable(
    'country',
    'required',
    `Say in which country your bank account is, such as "US": that of an account at ${provider.name} cannot be changed later.`
  )
}

/**
 * Where payouts go, for a provider that lets the freelancer say so; undefined for one that makes the
 * account itself.
 *
 * @throws Problem 422 on `destination` that is missing, superfluous, or nothing this provider can pay
 */
function namedDestination(
  provider: Provider,
  { destination, country }: { destination?: string; country: string }
): string | undefined {
  if (!provider.destinationOf) {
    if (destination === undefined) return undefined
    throw unprocessable(
      'destination',
      'superfluous',
      `${PROVIDER_NAMES[provider.name]} makes the account itself; leave "destination" out.`
    )
  }
  if (destination !== undefined) return provider.destinationOf(destination, country)
  throw unprocessable(
    'destination',
    'required',
    `Give the address of your ${PROVIDER_NAMES[provider.name]} account, such as its e-mail address: your money is sent there.`
  )
}

/**
 * A page of the provider's where the freelancer gives it what it wants. It works once and soon
 * expires: ask for it when it is needed, and again whenever.
 *
 * @throws Problem 404; 403; 409 for a disabled account; 502 `provider_no_answer`
 */
export async function onboardingLinkOf(
  user: User,
  id: string,
  urls: { refresh: string; return: string }
): Promise<string> {
  assertMayChange(user)
  const account = await establish(user, await payoutAccountOf(user, id))
  if (account.status === 'disabled') {
    throw wrongState('The provider has closed this account; add another.', account.status)
  }
  if (!account.destination) throw noAnswer()
  const provider = providerFor(account.paymentProvider)
  if (provider.destinationOf) {
    throw wrongState('This account needs no set-up; it can be paid as it is.', account.status, {
      code: 'no_onboarding',
    })
  }
  try {
    return await provider.onboardingLink(account.destination, urls)
  } catch (failure) {
    throw asProblem(failure)
  }
}

/**
 * Makes an account the one that payouts go to, and sends there what waits or was refused: also when it
 * already is that one, which is how somebody who mended it has a refused payout tried again.
 *
 * @throws Problem 404, 403
 */
export async function makeDefaultPayoutAccount(user: User, id: string): Promise<PayoutAccount> {
  assertMayChange(user)
  return inTransaction(async (trx) => {
    await lockUser(trx, user)
    const account = await payoutAccountOf(user, id, trx)
    if (!account.isDefault) {
      await live(user, trx).where('is_default', true).update({ is_default: false })
      await account.merge({ isDefault: true }).save()
      await tellOfAccount(trx, account, 'payout_account.made_default', {})
    }
    await enqueue(trx, wakePayouts, { userId: user.id })
    return account
  })
}

/**
 * Removes an account; the oldest that is left becomes the default in its place. The row stays, because
 * payouts of the past name it.
 *
 * @throws Problem 404; 403; 409 `payout_in_transit`
 */
export async function removePayoutAccount(user: User, id: string): Promise<void> {
  assertMayChange(user)
  await inTransaction(async (trx) => {
    await lockUser(trx, user)
    const account = await payoutAccountOf(user, id, trx)
    // A payout that is about to start holds this row until it shows as in transit.
    await PayoutAccount.query({ client: trx }).where('id', account.id).forUpdate().first()
    const inTransit = await trx
      .from('payouts')
      .where('payout_account_id', account.id)
      .where('state', 'in_transit')
      .first()
    if (inTransit) {
      throw wrongState('A payout to this account is under way; try again later.', account.status, {
        code: 'payout_in_transit',
      })
    }
    await remove(trx, account)
  })
}

/** Goes on with an account whose provider gave no answer, without its owner, who is told of a refusal. */
export async function resumePayoutAccount(id: string, absence: AbsenceRule): Promise<void> {
  const account = await PayoutAccount.query().where('id', id).whereNull('deleted_at').first()
  if (!account) return
  try {
    await establish(await User.findOrFail(account.userId), account, absence)
  } catch (problem) {
    if (!(problem instanceof Problem) || problem.code !== 'provider_declined') throw problem
    await inTransaction((trx) =>
      notify(trx, {
        userId: account.userId,
        kind: 'payout_account.refused',
        data: {
          payout_account_id: account.id,
          payment_provider: account.paymentProvider,
          reason: (problem.cause as ProviderFailure).message,
        },
      })
    )
  }
}

/**
 * The provider's side of an account, where it is still missing. A definite refusal removes the row, so the
 * next try has another one.
 */
async function establish(
  user: User,
  account: PayoutAccount,
  absence?: AbsenceRule
): Promise<PayoutAccount> {
  if (account.destination) return account
  try {
    await establishRecipient(providerFor(account.paymentProvider), account, user.email, absence)
  } catch (failure) {
    if (!(failure instanceof ProviderFailure)) throw failure
    if (failure.kind === 'declined') {
      await inTransaction(async (trx) => {
        await lockUser(trx, user)
        await remove(trx, await payoutAccountOf(user, account.id, trx))
      })
      throw asProblem(failure)
    }
    const { kind, code } = failure
    logger.warn({ payoutAccountId: account.id, kind, code }, 'the provider gave no answer')
  }
  return PayoutAccount.findOrFail(account.id)
}

async function remove(trx: TransactionClientContract, account: PayoutAccount): Promise<void> {
  await trx
    .from('payout_accounts')
    .where('id', account.id)
    .update({ deleted_at: db.raw('now()'), is_default: false })
  const next = await PayoutAccount.query({ client: trx })
    .where('user_id', account.userId)
    .whereNull('deleted_at')
    .orderBy('id')
    .first()
  // One that its provider has not made nobody was told of.
  if (account.destination) {
    await tellOfAccount(trx, account, 'payout_account.removed', { is_last: !next })
  }
  if (!account.isDefault || !next) return
  await next.merge({ isDefault: true }).save()
  await tellOfAccount(trx, next, 'payout_account.made_default', {})
  // What was refused at the account that is gone may go through at this one.
  await enqueue(trx, wakePayouts, { userId: account.userId })
}

function live(user: User, client?: TransactionClientContract) {
  return PayoutAccount.query({ client }).where('user_id', user.id).whereNull('deleted_at')
}

async function payoutAccountOf(
  user: User,
  id: string,
  client?: TransactionClientContract
): Promise<PayoutAccount> {
  const account = isUuid(id) ? await live(user, client).where('id', id).first() : null
  if (!account) throw notFound('payout account')
  return account
}

/** One change of somebody's accounts at a time: which one is the default depends on all of them. */
async function lockUser(trx: TransactionClientContract, user: User): Promise<void> {
  await trx.from('users').where('id', user.id).forUpdate().select('id')
}

function assertFreelancer(user: User): void {
  if (user.userType !== 'freelancer') {
    throw forbidden('Only freelancers are paid out.', 'freelancers_only')
  }
}

function assertMayChange(user: User): void {
  assertFreelancer(user)
  assertVerified(user)
}

function noAnswer(cause?: unknown): Problem {
  return new Problem('The payment provider gave no answer. Try again in a moment.', {
    code: 'provider_no_answer',
    status: 502,
    cause,
  })
}

function asProblem(failure: unknown): unknown {
  if (!(failure instanceof ProviderFailure)) return failure
  if (failure.kind !== 'declined') return noAnswer(failure)
  return new Problem(`The payment provider refused this: ${failure.message}`, {
    code: 'provider_declined',
    status: 422,
    extra: { provider_code: failure.code },
    cause: failure,
  })
}

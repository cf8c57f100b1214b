import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import {
  providerKey,
  type CreateDeposit,
  type CreatePayout,
  type CreateRefund,
  type Provider,
  type ProviderDeposit,
  type ProviderMovement,
} from '#payments/provider'
import { providerFor } from '#payments/registry'
import { usd } from '#tests/support/provider_calls'
import type { Payer, TestRail } from '#tests/support/rails'

/** Enough for whatever a provider does a moment later. */
const A_MOMENT_MS = 1000

/** For a group's set-up: a provider with its float alone, whose webhooks nobody waits for. */
export function quiet({ standIn }: TestRail): () => Promise<() => Promise<void>> {
  return async () => {
    await standIn.reset()
    standIn.webhookMode({ paused: true })
    return async () => {
      await standIn.reset()
      standIn.webhookMode({})
    }
  }
}

export function depositRequest(
  provider: Provider,
  wanted: Partial<CreateDeposit> = {}
): CreateDeposit {
  const transactionId = wanted.transactionId ?? randomUUID()
  return {
    key: providerKey(transactionId, 1),
    transactionId,
    amount: usd('1000.00'),
    method: provider.depositMethods[0],
    projectId: randomUUID(),
    description: 'SafeSend escrow deposit',
    expiresAt: new Date(Date.now() + provider.depositLifetimeMs),
    ...wanted,
  }
}

/** A deposit whose payer has done their part, and whose money was not taken by us yet if that is up to us. */
export async function agreedDeposit(
  rail: TestRail,
  wanted: Partial<CreateDeposit> = {},
  payer: Payer = 'accepted'
): Promise<{ request: CreateDeposit; id: string }> {
  const provider = providerFor(rail.provider)
  const request = depositRequest(provider, wanted)
  const { id } = await provider.createDeposit(request)
  rail.pay(id, payer)
  return { request, id }
}

/** A deposit whose money we have. */
export async function paidDeposit(
  rail: TestRail,
  wanted: Partial<CreateDeposit> = {},
  payer: Payer = 'accepted'
): Promise<{ request: CreateDeposit; deposit: ProviderDeposit }> {
  const { request, id } = await agreedDeposit(rail, wanted, payer)
  const deposit = await taken(rail, id)
  assert.equal(deposit.state, 'captured')
  return { request, deposit }
}

/** A deposit once we have taken its money, if it is up to us. */
export async function taken({ provider: name }: TestRail, id: string): Promise<ProviderDeposit> {
  const provider = providerFor(name)
  const deposit = await provider.getDeposit(id)
  return deposit.state === 'approved' ? provider.captureDeposit(id, `${id}:capture`) : deposit
}

export async function refundRequest(
  rail: TestRail,
  wanted: Partial<CreateRefund> = {},
  payer?: Payer
): Promise<CreateRefund> {
  const transactionId = wanted.transactionId ?? randomUUID()
  return {
    key: providerKey(transactionId, 1),
    transactionId,
    chargeId: wanted.chargeId ?? (await paidDeposit(rail, {}, payer)).deposit.chargeId,
    amount: usd('400.00'),
    reason: 'The work never started.',
    ...wanted,
  }
}

/** Of 900.00, and of a deposit of 1,000.00 where payouts draw on one. */
export async function payoutRequest(
  rail: TestRail,
  wanted: Partial<CreatePayout> = {}
): Promise<CreatePayout> {
  const transactionId = wanted.transactionId ?? randomUUID()
  const { request, deposit } = await paidDeposit(rail)
  const { payoutsDrawOnCharge } = providerFor(rail.provider)
  return {
    key: providerKey(transactionId, 1),
    transactionId,
    amount: usd('900.00'),
    destination: wanted.destination ?? (await recipient(rail)),
    ...(payoutsDrawOnCharge && { sourceChargeId: deposit.chargeId }),
    projectId: request.projectId,
    description: 'Milestone 1',
    ...wanted,
  }
}

/** A recipient as they ask to be added: with an address of theirs where the provider makes none. */
export function onboarding(provider: Provider) {
  return {
    key: randomUUID(),
    payoutAccountId: randomUUID(),
    email: 'frank@example.com',
    country: 'US',
    destination: provider.destinationOf?.('frank@example.com', 'US'),
  }
}

/** A recipient who can be paid. */
export async function recipient(rail: TestRail): Promise<string> {
  const provider = providerFor(rail.provider)
  const { destination } = await provider.onboardRecipient(onboarding(provider))
  rail.onboard(destination)
  assert.equal((await provider.getRecipient(destination)).status, 'enabled')
  return destination
}

/** A payout as it is a moment after it was sent. */
export async function aMomentLater(
  { provider, standIn }: TestRail,
  { id }: ProviderMovement
): Promise<ProviderMovement> {
  standIn.advance(A_MOMENT_MS)
  return providerFor(provider).getPayout(id)
}

/** Everything of ours that this provider has, in minor units of US dollars. */
export async function owned({ provider }: TestRail): Promise<bigint> {
  const balances = await providerFor(provider).getBalance()
  const { available, pending } = balances.find(({ currency }) => currency === 'USD')!
  return available.add(pending).minor
}

/** Leaves so much of our balance there, in minor units. */
export function drain({ standIn }: TestRail, left = 0): void {
  standIn.withdraw(standIn.available() - left)
}

import { test } from '@japa/runner'
import { randomUUID } from 'node:crypto'
import { Money } from '#ledger/money'
import { providerKey, type ProviderBalanceTransaction } from '#payments/provider'
import { stripe } from '#payments/stripe/index'
import { sandbox } from '#tests/support/sandbox'
import { resetAll } from '#tests/support/database'
import {
  enabledRecipient,
  failureOf,
  inHours,
  json,
  paidDeposit,
  strangeServer,
  usd,
} from './helpers.js'

async function listed(from = inHours(-1), to = inHours(1)) {
  const found: ProviderBalanceTransaction[] = []
  for await (const each of stripe.listBalanceTransactions({ from, to })) found.unshift(each)
  return found
}

async function aPayout(chargeId: string, amount = usd('900.00')) {
  const transactionId = randomUUID()
  return stripe.createPayout({
    key: providerKey(transactionId, 1),
    transactionId,
    amount,
    destination: await enabledRecipient(),
    sourceChargeId: chargeId,
    projectId: randomUUID(),
    description: 'Milestone 1',
  })
}

async function aRefund(chargeId: string, amount: Money) {
  const transactionId = randomUUID()
  const key = providerKey(transactionId, 1)
  return stripe.refund({ key, transactionId, chargeId, amount, reason: 'Agreed.' })
}

test.group("Stripe's list of balance movements", (group) => {
  group.each.setup(resetAll)

  test('every movement is named in our words, with the object that our rows know', async ({
    assert,
  }) => {
    const { deposit } = await paidDeposit({ amount: usd('1000.00') })
    const payout = await aPayout(deposit.chargeId)
    sandbox.reverseTransfer(payout.id, 10_000)
    const refund = await aRefund(deposit.chargeId, usd('50.00'))
    sandbox.failRefund(refund.id)
    const dispute = sandbox.openDispute(deposit.chargeId, { amount: 20_000 })
    sandbox.closeDispute(dispute, 'won', { feeReturned: true })
    const topUp = sandbox.topUp(7000)
    const withdrawal = sandbox.withdraw(3000)
    sandbox.adjustBalance({ type: 'stripe_fee', amount: -200 })
    sandbox.adjustBalance({ type: 'reserve_transaction', amount: -500 })
    sandbox.adjustBalance({ amount: 25 })

    const { movements } = await stripe.getDispute(dispute)
    const found = await listed()
    const [opening] = sandbox.topUps
    assert.deepEqual(
      found.map(({ kind, sourceId, amount, fee }) => {
        return [kind, sourceId, amount.minor, fee.minor]
      }),
      [
        ['top_up', opening.id, 10_000_000n, 0n],
        ['deposit', deposit.chargeId, 100_000n, 2930n],
        ['payout', payout.id, -90_000n, 0n],
        ['payout_returned', payout.id, 10_000n, 0n],
        ['refund', refund.id, -5000n, 0n],
        ['refund_failed', refund.id, 5000n, 0n],
        ['dispute_withdrawn', movements[0].id, -20_000n, 1500n],
        ['dispute_reinstated', movements[1].id, 20_000n, -1500n],
        ['top_up', topUp, 7000n, 0n],
        ['withdrawal', withdrawal, -3000n, 0n],
        ['fee', '', -200n, 0n],
        ['other', '', -500n, 0n],
        ['other', '', 25n, 0n],
      ]
    )
    const net = found.reduce((sum, each) => sum.add(each.net), Money.zero('USD'))
    const [{ available, pending }] = await stripe.getBalance()
    assert.equal(net.toString(), available.add(pending).toString())
    for (const each of found) {
      assert.equal(each.net.toString(), each.amount.subtract(each.fee).toString())
      assert.equal(each.status, 'available')
    }
  })

  test('what failed between our bank and us is what it is in effect', async ({ assert }) => {
    const topUp = sandbox.topUp(7000)
    sandbox.reverseTopUp(topUp)
    const payout = sandbox.withdraw(3000)
    sandbox.failPayout(payout)
    const [, ...found] = await listed()
    assert.deepEqual(
      found.map(({ kind, sourceId, amount }) => [kind, sourceId, amount.minor]),
      [
        ['top_up', topUp, 7000n],
        ['withdrawal', topUp, -7000n],
        ['withdrawal', payout, -3000n],
        ['top_up', payout, 3000n],
      ]
    )
  })

  test('several reversals are told by the transfer that they took back', async ({ assert }) => {
    const { deposit } = await paidDeposit()
    const payout = await aPayout(deposit.chargeId)
    for (const part of [10_000, 20_000, 30_000]) sandbox.reverseTransfer(payout.id, part)
    const back = (await listed()).filter(({ kind }) => kind === 'payout_returned')
    assert.deepEqual(
      back.map(({ sourceId, amount }) => [sourceId, amount.minor]),
      [10_000n, 20_000n, 30_000n].map((part) => [payout.id, part])
    )
  })

  test('a currency that our ledger has no account for is loud', async ({ assert }) => {
    sandbox.adjustBalance({ amount: 100, currency: 'kwd' })
    const failure = await failureOf(listed())
    assert.deepInclude(failure, { kind: 'unknown', code: 'foreign_currency' })
  })

  test('a list that breaks off half-way is no answer', async ({ assert }) => {
    sandbox.topUp(100)
    sandbox.failNext('GET /v1/balance_transactions', { at: 'before', with: 500 })
    assert.equal((await failureOf(listed())).kind, 'unknown')
    await strangeServer((response) => json(response, 200, {}))
    assert.equal((await failureOf(listed())).kind, 'unknown')
  })
})

import { test } from '@japa/runner'
import { randomUUID } from 'node:crypto'
import { providerKey } from '#payments/provider'
import { stripe } from '#payments/stripe/index'
import { sandbox } from '#tests/support/sandbox'
import { resetAll } from '#tests/support/database'
import {
  enabledRecipient,
  failureOf,
  json,
  paidDeposit,
  strangeServer,
  usd,
  withSetting,
} from './helpers.js'

async function refundable(card?: string) {
  const { request, deposit } = await paidDeposit({ amount: usd('1000.00') }, card)
  const transactionId = randomUUID()
  return {
    key: providerKey(transactionId, 1),
    transactionId,
    projectId: request.projectId,
    chargeId: deposit.chargeId,
    amount: usd('400.00'),
    reason: 'The work never started.',
  }
}

async function payable() {
  const { request, deposit } = await paidDeposit()
  const transactionId = randomUUID()
  return {
    key: providerKey(transactionId, 1),
    transactionId,
    projectId: request.projectId,
    sourceChargeId: deposit.chargeId,
    destination: await enabledRecipient(),
    amount: usd('900.00'),
    description: 'Milestone 1',
  }
}

test.group('A refund at Stripe', (group) => {
  group.each.setup(resetAll)

  test('one that the bank sends back after it succeeded has failed', async ({ assert }) => {
    const { id } = await stripe.refund(await refundable())
    sandbox.failRefund(id)
    const refund = await stripe.getRefund(id)
    assert.equal(refund.state, 'failed')
    assert.isString(refund.failureCode)
  })

  test('it is found by our id alone', async ({ assert }) => {
    const request = await refundable()
    const hints = { ...request, since: new Date() }
    assert.isUndefined(await stripe.findByMetadata('refund', request.transactionId, hints))
    const { id } = await stripe.refund(request)
    const found = await stripe.findByMetadata('refund', request.transactionId, hints)
    assert.equal(found?.id, id)
    const { chargeId, ...without } = hints
    const searched = await stripe.findByMetadata('refund', request.transactionId, without)
    assert.equal(searched?.id, id)
  })

  test('one that is pending has left our balance once it has a movement of it', async ({
    assert,
  }) => {
    for (const movement of [null, 'txn_1']) {
      const shown = { id: 're_1', object: 'refund', amount: 40_000, currency: 'usd', metadata: {} }
      const restore = await strangeServer((response) =>
        json(response, 200, { ...shown, status: 'pending', balance_transaction: movement })
      )
      const { state, debited } = await stripe.getRefund('re_1')
      assert.equal(state, 'pending')
      assert.equal(debited?.toString(), movement ? '400.00 USD' : undefined)
      restore()
    }
  })

  test('one made by hand at Stripe carries none of our ids', async ({ assert }) => {
    const { id } = await stripe.refund({ ...(await refundable()), transactionId: '' })
    assert.equal((await stripe.getRefund(id)).transactionId, '')
  })
})

test.group('A payout at Stripe', (group) => {
  group.each.setup(resetAll)

  test('it is a transfer from its deposit, and has happened when it exists', async ({ assert }) => {
    const request = await payable()
    const payout = await stripe.createPayout(request)
    assert.match(payout.id, /^tr_/)
    assert.deepInclude(payout, { transactionId: request.transactionId, state: 'succeeded' })
    const [transfer] = sandbox.transfers
    assert.equal(transfer.source_transaction, request.sourceChargeId)
    assert.equal(transfer.transfer_group, request.projectId)
    assert.equal(sandbox.available(request.destination), 90_000)
  })

  test('it crosses a border only to an account that agreed to be a mere recipient', async ({
    assert,
  }) => {
    const request = await payable()
    const account = { email: 'frank@example.com', payoutAccountId: randomUUID() }
    const abroad = await stripe.onboardRecipient({ ...account, key: 'abroad', country: 'DE' })
    sandbox.completeOnboarding(abroad.destination)
    await stripe.createPayout({ ...request, destination: abroad.destination })
    const agreed = sandbox.accounts.map((each) => each.tos_acceptance?.service_agreement)
    assert.deepEqual(agreed, ['full', 'recipient'], 'nobody at home needs to')
    withSetting('STRIPE_COUNTRY', 'FR')
    await stripe.onboardRecipient({ ...account, key: 'neighbour', country: 'DE' })
    assert.equal(sandbox.accounts.at(-1)!.tos_acceptance?.service_agreement, 'full')
  })

  test('reversals tell how much came back in all', async ({ assert }) => {
    const { id } = await stripe.createPayout(await payable())
    sandbox.reverseTransfer(id, 10_000)
    sandbox.reverseTransfer(id, 5_000)
    const payout = await stripe.getPayout(id)
    assert.equal(payout.state, 'returned')
    assert.equal(payout.amount.toString(), '900.00 USD')
    assert.equal(payout.returnedAmount?.toString(), '150.00 USD')
  })

  test('a part of it is taken back once, also when the key was forgotten', async ({ assert }) => {
    const { id } = await stripe.createPayout(await payable())
    const reverse = () => stripe.reversePayout(id, usd('100.00'), 'claw-back-1')
    sandbox.failNext('POST /v1/transfers/{id}/reversals', { at: 'after', with: 500 })
    assert.equal((await failureOf(reverse())).kind, 'unknown')
    const back = await reverse()
    assert.equal(back?.returnedAmount?.toString(), '100.00 USD')
    sandbox.advance(25 * 3_600_000)
    assert.equal((await reverse())?.returnedAmount?.toString(), '100.00 USD')
    const [{ reversals }] = sandbox.transfers
    assert.lengthOf(reversals.data, 1)
    await stripe.reversePayout(id, usd('25.00'), 'claw-back-2')
    assert.equal((await stripe.getPayout(id)).returnedAmount?.toString(), '125.00 USD')
  })

  test('what its recipient has paid out already cannot be taken back', async ({ assert }) => {
    const { destination, ...request } = await payable()
    const { id } = await stripe.createPayout({ ...request, destination })
    sandbox.payAutomatically(destination)
    const failure = await failureOf(stripe.reversePayout(id, usd('1.00'), 'claw-back'))
    assert.deepInclude(failure, { kind: 'declined', code: 'balance_insufficient' })
    assert.equal((await stripe.getPayout(id)).state, 'succeeded')
  })
})

test.group("The platform's balance at Stripe", (group) => {
  group.each.setup(resetAll)

  test('every movement of it is listed with its cause, over several pages', async ({ assert }) => {
    const from = new Date(Date.now() - 60_000)
    const request = await payable()
    const payout = await stripe.createPayout(request)
    for (let cents = 1n; cents <= 100n; cents++) {
      const key = `refund-${cents}`
      const refund = { ...request, key, transactionId: randomUUID(), reason: 'A page to turn' }
      await stripe.refund({ ...refund, chargeId: request.sourceChargeId, amount: usd('0.01') })
    }
    const seen = new Map<string, bigint>()
    let net = 0n
    const period = { from, to: new Date(Date.now() + 60_000) }
    for await (const each of stripe.listBalanceTransactions(period)) {
      seen.set(each.sourceId, each.amount.minor)
      net += each.net.minor
    }
    assert.equal(seen.get(payout.id), -90_000n)
    assert.equal(seen.get(request.sourceChargeId), 100_000n)
    assert.equal(seen.size, 103)
    const [{ available, pending }] = await stripe.getBalance()
    assert.equal(net, available.add(pending).minor)
  })
})

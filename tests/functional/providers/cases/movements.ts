import { test } from '@japa/runner'
import { randomUUID } from 'node:crypto'
import { providerFor } from '#payments/registry'
import { DAY, failureOf, HOUR, usd } from '#tests/support/provider_calls'
import type { TestRail } from '#tests/support/rails'
import {
  aMomentLater,
  drain,
  owned,
  paidDeposit,
  payoutRequest,
  quiet,
  recipient,
  refundRequest,
} from '../helpers.js'

export function movements(rail: TestRail): void {
  const provider = providerFor(rail.provider)
  const { standIn } = rail

  test.group(`The contract with ${rail.provider}: refunds`, (group) => {
    group.each.setup(quiet(rail))

    for (const amount of ['400.00', '1000.00']) {
      test(`${amount} of 1000.00 goes back, and carries our id and key`, async ({ assert }) => {
        const request = await refundRequest(rail, { amount: usd(amount) })
        const before = await owned(rail)
        const refund = await provider.refund(request)
        assert.deepInclude(refund, {
          transactionId: request.transactionId,
          key: request.key,
          chargeId: request.chargeId,
          state: 'succeeded',
        })
        assert.isTrue(refund.amount.equals(request.amount))
        assert.isUndefined(refund.failureCode)
        assert.deepEqual(await provider.getRefund(refund.id), refund)
        assert.equal(await owned(rail), before - request.amount.minor)
      })
    }

    test('more than is left of its charge is declined, and nothing goes back', async ({
      assert,
    }) => {
      const first = await refundRequest(rail, { amount: usd('600.00') })
      await provider.refund(first)
      const before = await owned(rail)
      const more = { chargeId: first.chargeId, amount: usd('400.01') }
      const refused = await failureOf(provider.refund(await refundRequest(rail, more)))
      assert.equal(refused.kind, 'declined')
      assert.isNotEmpty(refused.code)
      assert.equal(rail.effects('refund'), 1)
      assert.equal(await owned(rail), before)
    })

    test('the same key is the same refund, for as long as the key lives', async ({ assert }) => {
      const request = await refundRequest(rail)
      const before = await owned(rail)
      const refund = await provider.refund(request)
      assert.deepEqual(await provider.refund(request), refund)
      standIn.advance(provider.keyLifetimeMs.refund - HOUR)
      assert.deepEqual(await provider.refund(request), refund)
      assert.equal(rail.effects('refund'), 1)
      assert.equal(await owned(rail), before - request.amount.minor)
    })

    test('the same key for another amount has no second effect, and is no refusal', async ({
      assert,
    }) => {
      const request = await refundRequest(rail)
      const before = await owned(rail)
      const first = await provider.refund(request)
      const other = { ...request, amount: usd('500.00') }
      // The first one, as it is; or that nobody can tell. `declined` would free its money a second time.
      const said = await provider.refund(other).catch((failure) => failure)
      if (said instanceof Error)
        assert.equal((await failureOf(Promise.reject(said))).kind, 'unknown')
      else assert.deepEqual(said, first)
      assert.equal(await owned(rail), before - request.amount.minor)
    })

    test('money can go back for as long as the rail says', async ({ assert }) => {
      const request = await refundRequest(rail)
      standIn.advance((provider.refundableDays - 1) * DAY)
      assert.equal((await provider.refund(request)).state, 'succeeded')
    })

    for (const outcome of ['succeeded', 'failed'] as const) {
      test(`one that takes its time is pending until it has ${outcome}`, async ({ assert }) => {
        const request = await refundRequest(rail, {}, 'slowly_refunded')
        const before = await owned(rail)
        const { id, state } = await provider.refund(request)
        assert.equal(state, 'pending')
        if (outcome === 'succeeded') standIn.settleRefund(id)
        else standIn.failRefund(id)
        const refund = await provider.getRefund(id)
        assert.equal(refund.state, outcome)
        assert.equal(Boolean(refund.failureCode), outcome === 'failed')
        assert.deepEqual(await provider.refund(request), refund, 'and so says its key')
        const gone = outcome === 'succeeded' ? request.amount.minor : 0n
        assert.equal(await owned(rail), before - gone)
      })
    }
  })

  test.group(`The contract with ${rail.provider}: payouts`, (group) => {
    group.each.setup(quiet(rail))

    test('one that is sent carries our id and key, and arrives', async ({ assert }) => {
      const request = await payoutRequest(rail)
      const before = await owned(rail)
      const sent = await provider.createPayout(request)
      const ours = { id: sent.id, transactionId: request.transactionId, key: request.key }
      assert.deepInclude(sent, ours)
      assert.isTrue(sent.amount.equals(request.amount))
      assert.include(['pending', 'succeeded'], sent.state)
      assert.equal(Boolean(sent.waitReason), sent.state === 'pending')

      const paid = await aMomentLater(rail, sent)
      assert.deepInclude(paid, { ...ours, state: 'succeeded' })
      assert.isTrue(paid.amount.equals(request.amount))
      assert.isUndefined(paid.waitReason)
      assert.isUndefined(paid.failureCode)
      assert.isUndefined(paid.returnedAmount)
      assert.equal(await owned(rail), before - paid.amount.minor - (paid.fee?.minor ?? 0n))
    })

    test('the same key is the same payout, for as long as the key lives', async ({ assert }) => {
      const request = await payoutRequest(rail)
      const before = await owned(rail)
      const sent = await provider.createPayout(request)
      assert.equal((await provider.createPayout(request)).id, sent.id)
      const paid = await aMomentLater(rail, sent)
      assert.deepEqual(await provider.createPayout(request), paid)
      standIn.advance(provider.keyLifetimeMs.payout - HOUR)
      assert.deepEqual(await provider.createPayout(request), paid)
      assert.equal(rail.effects('payout'), 1)
      assert.equal(await owned(rail), before - paid.amount.minor - (paid.fee?.minor ?? 0n))
    })

    test('the same key for another amount pays nobody twice, and is no refusal', async ({
      assert,
    }) => {
      const request = await payoutRequest(rail)
      const first = await aMomentLater(rail, await provider.createPayout(request))
      const before = await owned(rail)
      const other = { ...request, amount: usd('50.00') }
      const said = await provider.createPayout(other).catch((failure) => failure)
      if (said instanceof Error)
        assert.equal((await failureOf(Promise.reject(said))).kind, 'unknown')
      else assert.deepEqual(said, first)
      standIn.advance(HOUR)
      assert.equal(rail.effects('payout'), 1)
      assert.equal(await owned(rail), before)
    })

    test('one to somebody who cannot be paid says why, and leaves the money with us', async ({
      assert,
    }) => {
      const request = await payoutRequest(rail)
      rail.refuseRecipient(request.destination)
      const before = await owned(rail)
      const sent = await provider.createPayout(request).catch((failure) => failure)
      if (sent instanceof Error) {
        const refused = await failureOf(Promise.reject(sent))
        assert.equal(refused.kind, 'declined')
        assert.isNotEmpty(refused.code)
        assert.isNotEmpty(refused.message)
      } else {
        const failed = await aMomentLater(rail, sent)
        assert.equal(failed.state, 'failed')
        assert.isNotEmpty(failed.failureCode)
        assert.isNotEmpty(failed.failureMessage)
      }
      assert.equal(await owned(rail), before)
    })

    test('one that our balance does not cover is declined by the word that every rail has for it', async ({
      assert,
    }) => {
      const request = await payoutRequest(rail)
      drain(rail, 89_999)
      const refused = await failureOf(
        provider.createPayout({ ...request, sourceChargeId: undefined })
      )
      assert.deepInclude(refused, { kind: 'declined', code: 'balance_insufficient' })
      assert.equal(rail.effects('payout'), 0)
    })

    if (provider.payoutsDrawOnCharge) {
      test('one that its charge funds needs no balance, and takes no more than that brought', async ({
        assert,
      }) => {
        const request = await payoutRequest(rail)
        drain(rail)
        const paid = await provider.createPayout(request)
        assert.equal(paid.state, 'succeeded')
        const second = { ...request, key: randomUUID(), transactionId: randomUUID() }
        assert.equal((await failureOf(provider.createPayout(second))).kind, 'declined')
        assert.equal(rail.effects('payout'), 1)
      })
    } else {
      test('one draws on our balance alone, whatever any charge brought', async ({ assert }) => {
        const request = await payoutRequest(rail)
        const { deposit } = await paidDeposit(rail, { amount: usd('1.00') })
        const sent = await provider.createPayout({ ...request, sourceChargeId: deposit.chargeId })
        assert.equal((await aMomentLater(rail, sent)).state, 'succeeded')
      })
    }

    test('one that came back says how much, and our balance has it', async ({ assert }) => {
      const request = await payoutRequest(rail)
      const before = await owned(rail)
      const sent = await provider.createPayout(request)
      const { fee } = await aMomentLater(rail, sent)
      rail.returnPayout(sent.id)
      const back = await provider.getPayout(sent.id)
      assert.equal(back.state, 'returned')
      assert.isTrue(back.amount.equals(request.amount))
      assert.isTrue(back.returnedAmount?.equals(request.amount))
      assert.isUndefined(back.failureCode)
      assert.equal(await owned(rail), before - (fee?.minor ?? 0n))
    })

    test('a part of one is taken back once under one key, or the rail says that it takes none', async ({
      assert,
    }) => {
      const { id } = await aMomentLater(
        rail,
        await provider.createPayout(await payoutRequest(rail))
      )
      const before = await owned(rail)
      const reverse = (amount: string, key: string) => provider.reversePayout(id, usd(amount), key)
      const back = await reverse('100.00', 'claw-back-1')
      if (!back) {
        assert.equal((await provider.getPayout(id)).state, 'succeeded')
        assert.equal(await owned(rail), before)
        return
      }
      assert.equal(back.returnedAmount?.toString(), '100.00 USD')
      standIn.advance(provider.keyLifetimeMs.payout + HOUR)
      const again = await reverse('100.00', 'claw-back-1')
      assert.equal(again?.returnedAmount?.toString(), '100.00 USD')
      const both = await reverse('25.00', 'claw-back-2')
      assert.equal(both?.returnedAmount?.toString(), '125.00 USD')
      assert.equal((await failureOf(reverse('775.01', 'claw-back-3'))).kind, 'declined')
      assert.equal(await owned(rail), before + 12_500n)
    })

    test('two to the same recipient are two', async ({ assert }) => {
      const destination = await recipient(rail)
      const [one, two] = [
        await provider.createPayout(await payoutRequest(rail, { destination })),
        await provider.createPayout(await payoutRequest(rail, { destination })),
      ]
      assert.notEqual(one.id, two.id)
      assert.equal(rail.effects('payout'), 2)
    })
  })
}

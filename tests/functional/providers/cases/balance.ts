import { test } from '@japa/runner'
import { Money } from '#ledger/money'
import type { ProviderBalanceTransaction } from '#payments/provider'
import { providerFor } from '#payments/registry'
import { DAY, HOUR, ago, everyOf, usd } from '#tests/support/provider_calls'
import type { TestRail } from '#tests/support/rails'
import {
  aMomentLater,
  drain,
  owned,
  paidDeposit,
  payoutRequest,
  quiet,
  refundRequest,
} from '../helpers.js'

export function balance(rail: TestRail): void {
  const provider = providerFor(rail.provider)
  const { standIn } = rail

  /** Every movement that there ever was. */
  function listed(): Promise<ProviderBalanceTransaction[]> {
    const to = new Date(standIn.now + HOUR)
    return everyOf(provider.listBalanceTransactions({ from: ago(DAY), to }))
  }

  const sumOf = (found: ProviderBalanceTransaction[]) =>
    found.reduce((sum, { net }) => sum.add(net), Money.zero('USD')).minor

  test.group(`The contract with ${rail.provider}: our balance`, (group) => {
    group.each.setup(quiet(rail))

    test('it is told by currency, what can be spent and what is to come', async ({ assert }) => {
      const [own, ...more] = await provider.getBalance()
      assert.isEmpty(more)
      assert.equal(own.currency, 'USD')
      assert.equal(own.available.minor, BigInt(standIn.available()))
      assert.isTrue(own.pending.isZero)
      drain(rail, 123)
      const [left] = await provider.getBalance()
      assert.equal(left.available.toString(), '1.23 USD')
    })

    test('every movement is listed with its cause as our rows know it, and together they are the balance', async ({
      assert,
    }) => {
      const { deposit } = await paidDeposit(rail)
      const refund = await provider.refund(
        await refundRequest(rail, { chargeId: deposit.chargeId, amount: usd('100.00') })
      )
      const request = await payoutRequest(rail)
      const payout = await aMomentLater(rail, await provider.createPayout(request))
      rail.returnPayout(payout.id)
      const dispute = rail.openDispute(deposit.chargeId, { amount: 20_000 })
      rail.decideDispute(dispute, 'won')
      standIn.topUp(7000)
      drain(rail, 50_000)

      const found = await listed()
      const of = (sourceId: string) => found.filter((each) => each.sourceId === sourceId)
      const told = (sourceId: string) =>
        of(sourceId).map(({ kind, amount, fee }) => [kind, amount.minor, fee.minor])

      assert.deepEqual(told(deposit.chargeId), [['deposit', 100_000n, deposit.fee!.minor]])
      assert.deepEqual(told(refund.id), [['refund', -10_000n, 0n]])
      assert.sameDeepMembers(told(payout.balanceSourceId ?? payout.id), [
        ['payout', -90_000n, payout.fee?.minor ?? 0n],
        ['payout_returned', 90_000n, 0n],
      ])
      const { movements } = await provider.getDispute(dispute)
      assert.isNotEmpty(movements)
      for (const { id, kind, amount, fee } of movements) {
        const gone = amount.add(fee).minor
        assert.equal(sumOf(of(id)), kind === 'withdrawn' ? -gone : gone, id)
      }
      const kinds = found.map(({ kind }) => kind)
      assert.includeMembers(kinds, ['dispute_withdrawn', 'dispute_reinstated'])
      assert.lengthOf(
        kinds.filter((kind) => kind === 'top_up'),
        2,
        'with the opening float'
      )
      assert.lengthOf(
        kinds.filter((kind) => kind === 'withdrawal'),
        1
      )
      assert.notInclude(kinds, 'other')

      assert.equal(new Set(found.map(({ id }) => id)).size, found.length)
      for (const { amount, fee, net, type, status, createdAt, availableAt } of found) {
        assert.isTrue(net.equals(amount.subtract(fee)))
        assert.isNotEmpty(type)
        assert.equal(status, 'available')
        assert.isAtLeast(availableAt.getTime(), createdAt.getTime())
      }
      assert.equal(sumOf(found), await owned(rail))
      assert.equal(sumOf(found), 50_000n)
    })

    test('what nobody can explain is listed, too', async ({ assert }) => {
      const before = sumOf(await listed())
      rail.adjustBalance(-123)
      const odd = (await listed()).filter(({ kind }) => kind === 'other')
      assert.deepEqual(
        odd.map(({ net }) => net.minor),
        [-123n]
      )
      assert.equal(sumOf(await listed()), before - 123n)
      assert.equal(await owned(rail), before - 123n)
    })

    test('both ends of a period belong to it, and nothing else does', async ({ assert }) => {
      standIn.advance(HOUR)
      const first = standIn.topUp(100)
      standIn.advance(HOUR)
      standIn.topUp(200)
      const { createdAt } = (await listed()).find(({ sourceId }) => sourceId === first)!
      const exact = { from: createdAt, to: createdAt }
      assert.deepEqual(
        (await everyOf(provider.listBalanceTransactions(exact))).map(({ net }) => net.minor),
        [100n]
      )
      const before = { from: ago(3 * DAY), to: ago(2 * DAY) }
      assert.isEmpty(await everyOf(provider.listBalanceTransactions(before)))
    })
  })
}

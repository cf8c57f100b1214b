import { test } from '@japa/runner'
import { randomUUID } from 'node:crypto'
import { providerKey, type LookupHints } from '#payments/provider'
import { providerFor } from '#payments/registry'
import { ago, DAY, HOUR } from '#tests/support/provider_calls'
import type { TestRail } from '#tests/support/rails'
import {
  aMomentLater,
  depositRequest,
  owned,
  payoutRequest,
  quiet,
  refundRequest,
} from '../helpers.js'

export function lookups(rail: TestRail): void {
  const provider = providerFor(rail.provider)

  test.group(`The contract with ${rail.provider}: looking up what we sent`, (group) => {
    group.each.setup(quiet(rail))

    for (const method of provider.depositMethods) {
      test(`a deposit (${method}) is found by our id, or has brought no money`, async ({
        assert,
      }) => {
        const request = depositRequest(provider, { method })
        const find = (transactionId = request.transactionId) =>
          provider.findByMetadata('deposit', transactionId, {
            projectId: request.projectId,
            since: new Date(),
            key: request.key,
            keySentAt: new Date(),
            amount: request.amount,
          })
        const before = await owned(rail)
        assert.isUndefined(await find())
        const { id } = await provider.createDeposit(request)
        const open = await find()
        assert.equal(open?.id ?? id, id)
        rail.pay(id)
        const found = await find()
        if (found) {
          assert.deepEqual([found.id, found.transactionId], [id, request.transactionId])
          assert.deepEqual(found, await provider.getDeposit(id))
        } else {
          // Nobody takes the money of a deposit whose id was lost.
          assert.equal(await owned(rail), before)
        }
        assert.isUndefined(await find(randomUUID()))
      })
    }

    test('a refund is found by our id once it is there, and no other is', async ({ assert }) => {
      const request = await refundRequest(rail)
      const find = (transactionId = request.transactionId, key?: string) =>
        provider.findByMetadata('refund', transactionId, {
          projectId: '',
          chargeId: request.chargeId,
          since: new Date(),
          key,
        })
      assert.isUndefined(await find())
      const refund = await provider.refund(request)
      assert.deepEqual(await find(), refund)
      assert.deepEqual(await find(request.transactionId, request.key), refund)
      assert.isUndefined(await find(randomUUID()))
    })

    test('the failure of an earlier attempt at a refund is not the current one’s', async ({
      assert,
    }) => {
      const request = await refundRequest(rail, {}, 'slowly_refunded')
      const { id } = await provider.refund(request)
      rail.standIn.failRefund(id)
      const find = (attempt: number) =>
        provider.findByMetadata('refund', request.transactionId, {
          projectId: '',
          chargeId: request.chargeId,
          since: new Date(),
          key: providerKey(request.transactionId, attempt),
        })
      assert.deepInclude(await find(1), { id, state: 'failed' })
      assert.isUndefined(await find(2))
      const second = await provider.refund({
        ...request,
        key: providerKey(request.transactionId, 2),
      })
      assert.equal((await find(2))?.id, second.id)
    })

    test('while its key lives, a payout is found, or sending it again brings it', async ({
      assert,
    }) => {
      const request = await payoutRequest(rail)
      const find = () => provider.findByMetadata('payout', request.transactionId, hints)
      const hints: LookupHints = {
        projectId: request.projectId,
        chargeId: request.sourceChargeId,
        since: new Date(),
        key: request.key,
        keySentAt: new Date(),
        amount: request.amount,
      }
      assert.isUndefined(await find())
      const paid = await aMomentLater(rail, await provider.createPayout(request))
      assert.deepEqual((await find()) ?? (await provider.createPayout(request)), paid)
      assert.equal(rail.effects('payout'), 1)
    })

    test('when its key is dead, a payout is found by our id alone, and no other is', async ({
      assert,
    }) => {
      // All of it was an hour ago: a list ends with the last whole second.
      rail.standIn.advance(-HOUR)
      const request = await payoutRequest(rail)
      const sent = ago(provider.keyLifetimeMs.payout + DAY)
      const find = (transactionId: string) =>
        provider.findByMetadata('payout', transactionId, {
          projectId: request.projectId,
          chargeId: request.sourceChargeId,
          since: sent,
          keySentAt: sent,
          amount: request.amount,
        })
      assert.isUndefined(await find(request.transactionId))
      const paid = await aMomentLater(rail, await provider.createPayout(request))
      const found = await find(request.transactionId)
      assert.deepInclude(found, { transactionId: request.transactionId, state: 'succeeded' })
      assert.isTrue(found?.amount.equals(request.amount))
      assert.equal(found?.balanceSourceId ?? found?.id, paid.balanceSourceId ?? paid.id)
      assert.deepEqual(found?.fee, paid.fee)
      assert.isUndefined(await find(randomUUID()))

      rail.returnPayout(paid.id)
      const back = await find(request.transactionId)
      assert.equal(back?.state, 'returned')
      assert.isTrue(back?.returnedAmount?.equals(request.amount))
    })
  })
}

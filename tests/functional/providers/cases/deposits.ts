import { test } from '@japa/runner'
import { providerFor } from '#payments/registry'
import { DAY, failureOf, HOUR, usd } from '#tests/support/provider_calls'
import type { TestRail } from '#tests/support/rails'
import {
  agreedDeposit,
  depositRequest,
  owned,
  paidDeposit,
  quiet,
  refundRequest,
  taken,
} from '../helpers.js'

/** Well before a deposit's end, by any clock. */
const MARGIN_MS = 600_000

export function deposits(rail: TestRail): void {
  const provider = providerFor(rail.provider)
  const { standIn } = rail

  test.group(`The contract with ${rail.provider}: deposits`, (group) => {
    group.each.setup(quiet(rail))

    for (const method of provider.depositMethods) {
      test(`one that is asked for (${method}) carries our id, and tells its payer the next step each time`, async ({
        assert,
      }) => {
        const request = depositRequest(provider, { method })
        const open = await provider.createDeposit(request)
        assert.isNotEmpty(open.id)
        assert.deepInclude(open, {
          transactionId: request.transactionId,
          state: 'open',
          chargeId: '',
        })
        assert.isTrue(open.amount.equals(request.amount))
        assert.isUndefined(open.fee)
        assert.isUndefined(open.capturedAt)
        if (method === 'payment_element') {
          assert.equal(open.clientAction?.type, 'confirm_payment')
          assert.isNotEmpty(open.clientAction?.client_secret)
          assert.isNotEmpty(open.clientAction?.publishable_key)
        } else {
          assert.equal(open.clientAction?.type, 'redirect')
          assert.match(open.clientAction!.url!, /^https?:/)
        }
        const { clientAction, state } = await provider.getDeposit(open.id)
        assert.deepEqual(
          { clientAction, state },
          { clientAction: open.clientAction, state: 'open' }
        )
      })

      test(`one that is paid (${method}) has its charge, its time and its fee, and our balance has the rest`, async ({
        assert,
      }) => {
        const before = await owned(rail)
        const { request, id } = await agreedDeposit(rail, { method })
        const agreed = await provider.getDeposit(id)
        assert.include(['approved', 'captured'], agreed.state)
        assert.isUndefined(agreed.clientAction)
        if (agreed.state === 'approved') {
          assert.equal(await owned(rail), before, 'nothing is taken but by us')
          assert.equal(agreed.chargeId, '')
        }

        const deposit = await provider.captureDeposit(id, 'capture')
        assert.deepInclude(deposit, {
          id,
          transactionId: request.transactionId,
          state: 'captured',
          disputed: false,
        })
        assert.isTrue(deposit.amount.equals(request.amount))
        assert.isNotEmpty(deposit.chargeId)
        assert.instanceOf(deposit.capturedAt, Date)
        assert.isUndefined(deposit.clientAction)
        assert.isUndefined(deposit.lastError)
        assert.isTrue(deposit.refundedAmount?.isZero)
        assert.isTrue(deposit.fee?.isPositive)
        assert.equal(await owned(rail), before + deposit.amount.subtract(deposit.fee!).minor)

        assert.deepEqual(await provider.getDeposit(id), deposit)
        assert.deepEqual(await provider.getDepositByCharge(deposit.chargeId), deposit)
      })

      test(`the same key (${method}) is the same payment, as it is now, for as long as the key lives`, async ({
        assert,
      }) => {
        const request = depositRequest(provider, { method })
        const before = await owned(rail)
        const open = await provider.createDeposit(request)
        assert.equal((await provider.createDeposit(request)).id, open.id)
        rail.pay(open.id)
        const { state } = await taken(rail, open.id)
        standIn.advance(provider.keyLifetimeMs.deposit - HOUR)
        const again = await provider.createDeposit(request)
        assert.deepEqual([again.id, again.state], [open.id, state])
        assert.equal(rail.effects('capture'), 1)
        assert.equal(await owned(rail), before + again.amount.subtract(again.fee!).minor)
      })

      test(`one that is cancelled (${method}) never brings any money`, async ({ assert }) => {
        const before = await owned(rail)
        const { id } = await provider.createDeposit(depositRequest(provider, { method }))
        for (const key of ['cancel', 'cancel', 'another']) {
          const cancelled = await provider.cancelDeposit(id, key)
          assert.deepInclude(cancelled, { id, state: 'cancelled', chargeId: '' })
          assert.isUndefined(cancelled.clientAction)
        }
        try {
          rail.pay(id)
        } catch {
          // Not even the payer's part can be done any more.
        }
        assert.equal(await owned(rail), before)
        assert.equal((await provider.cancelDeposit(id, 'cancel')).state, 'cancelled')
      })

      test(`one that was paid before it could be cancelled (${method}) says so`, async ({
        assert,
      }) => {
        const { deposit } = await paidDeposit(rail, { method })
        assert.deepEqual(await provider.cancelDeposit(deposit.id, 'cancel'), deposit)
      })

      test(`one that nobody pays (${method}) can be paid until its time is over`, async ({
        assert,
      }) => {
        const { id } = await provider.createDeposit(depositRequest(provider, { method }))
        standIn.advance(provider.depositLifetimeMs - MARGIN_MS)
        rail.pay(id)
        assert.equal((await taken(rail, id)).state, 'captured')
      })

      test(`a refused means of payment (${method}) is told, and another one pays`, async ({
        assert,
      }) => {
        const before = await owned(rail)
        const { id } = await agreedDeposit(rail, { method }, 'refused')
        const seen = await provider.getDeposit(id)
        // Either the payer has heard it already, or we do when we want to take the money.
        if (seen.state === 'approved') {
          const refused = await failureOf(provider.captureDeposit(id, 'first'))
          assert.equal(refused.kind, 'declined')
          assert.isNotEmpty(refused.code)
        } else {
          assert.isNotEmpty(seen.lastError)
        }
        const { state, clientAction } = await provider.getDeposit(id)
        assert.equal(state, 'open')
        assert.isDefined(clientAction)
        assert.equal(await owned(rail), before)

        rail.pay(id)
        const paid = await provider.captureDeposit(id, 'second')
        assert.equal(paid.state, 'captured')
        assert.equal(await owned(rail), before + paid.amount.subtract(paid.fee!).minor)
      })
    }

    test('one that nobody paid is open or cancelled for good, and one that is not shown says so', async ({
      assert,
    }) => {
      const before = await owned(rail)
      const { id, request } = await agreedDeposit(rail, {}, 'refused')
      assert.isNotTrue((await provider.getDeposit(id)).gone)
      standIn.advance(30 * DAY)
      const later = await provider.getDeposit(id)
      assert.deepInclude(later, { id, chargeId: '' })
      assert.include(['open', 'cancelled'], later.state)
      assert.equal(await owned(rail), before)
      if (later.gone) {
        assert.equal(later.state, 'cancelled')
        assert.isUndefined(later.clientAction)
      } else {
        assert.equal(later.transactionId, request.transactionId, 'it is shown')
      }
    })

    test('its money is taken once, with any key, and also when keys are forgotten', async ({
      assert,
    }) => {
      const before = await owned(rail)
      const { id } = await agreedDeposit(rail)
      const first = await provider.captureDeposit(id, 'one')
      for (const key of ['one', 'two']) {
        assert.deepEqual(await provider.captureDeposit(id, key), first)
      }
      standIn.advance(provider.keyLifetimeMs.deposit + HOUR)
      assert.deepEqual(await provider.captureDeposit(id, 'one'), first)
      assert.equal(rail.effects('capture'), 1)
      assert.equal(await owned(rail), before + first.amount.subtract(first.fee!).minor)
    })

    test('nothing is taken of what nobody has agreed to', async ({ assert }) => {
      const before = await owned(rail)
      const { id } = await provider.createDeposit(depositRequest(provider))
      assert.equal((await provider.captureDeposit(id, 'capture')).state, 'open')
      assert.equal(await owned(rail), before)
    })

    test('what went back to its payer shows, and its amount stays what was paid', async ({
      assert,
    }) => {
      const { deposit } = await paidDeposit(rail)
      for (const amount of ['250.00', '50.00']) {
        const { chargeId } = deposit
        await provider.refund(await refundRequest(rail, { chargeId, amount: usd(amount) }))
      }
      const now = await provider.getDeposit(deposit.id)
      assert.equal(now.state, 'captured')
      assert.equal(now.refundedAmount?.toString(), '300.00 USD')
      assert.equal(now.amount.toString(), '1000.00 USD')
    })

    test('it takes what its rail settles, from the least to the most, to the cent', async ({
      assert,
    }) => {
      const { minimum, maximum } = provider.limitsFor('USD')!
      assert.isTrue(minimum.isPositive)
      for (const amount of [minimum, maximum]) {
        const deposit = await provider.createDeposit(depositRequest(provider, { amount }))
        assert.isTrue(deposit.amount.equals(amount), String(amount))
      }
      assert.isUndefined(provider.limitsFor('KPW'))
    })
  })
}

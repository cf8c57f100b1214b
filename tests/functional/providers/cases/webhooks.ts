import { test } from '@japa/runner'
import { Problem } from '#exceptions/problem'
import type { ProviderEvent } from '#payments/provider'
import { providerFor } from '#payments/registry'
import { ago, everyOf, HOUR, inHours } from '#tests/support/provider_calls'
import type { Signed, SignedWebhook, TestRail } from '#tests/support/rails'
import { aMomentLater, agreedDeposit, payoutRequest, quiet, refundRequest } from '../helpers.js'

export function webhooks(rail: TestRail): void {
  const provider = providerFor(rail.provider)
  const { standIn } = rail
  const verify = ({ body, headers, endpoint }: SignedWebhook) =>
    provider.verifyWebhook(body, headers, endpoint)

  /** The first news of a payment, signed like that. */
  async function someNews(signed?: Signed): Promise<SignedWebhook> {
    await agreedDeposit(rail)
    return rail.webhooks(signed)[0]
  }

  test.group(`The contract with ${rail.provider}: webhooks`, (group) => {
    group.each.setup(quiet(rail))

    test('one that is signed is taken, with its event and everything that it brought', async ({
      assert,
    }) => {
      const sent = await someNews()
      const { event, payload } = await verify(sent)
      assert.equal(event.id, sent.event)
      assert.isNotEmpty(event.type)
      assert.deepEqual(payload, JSON.parse(sent.body))
      assert.deepEqual(provider.parseEvent(payload), event, 'the same reduction')
    })

    for (const signed of ['by_somebody_else', 'for_another_endpoint', 'long_ago'] as const) {
      test(`one that is signed ${signed.replaceAll('_', ' ')} is refused`, async ({ assert }) => {
        await assertRefused(assert, verify(await someNews(signed)))
      })
    }

    test('one that was changed, or emptied, or has no signature, is refused', async ({
      assert,
    }) => {
      const sent = await someNews()
      await verify(sent)
      await assertRefused(assert, verify({ ...sent, body: `${sent.body} ` }))
      await assertRefused(assert, verify({ ...sent, body: '' }))
      await assertRefused(assert, verify({ ...sent, headers: {} }))
      const emptied = Object.fromEntries(Object.keys(sent.headers).map((name) => [name, '']))
      await assertRefused(assert, verify({ ...sent, headers: emptied }))
    })

    test('whatever happens to our money is told by an event that leads to it', async ({
      assert,
    }) => {
      const told: ProviderEvent['subject'][] = []
      const refundRequested = await refundRequest(rail)
      const deposit = await provider.getDepositByCharge(refundRequested.chargeId)
      const refund = await provider.refund(refundRequested)
      const payout = await provider.createPayout(await payoutRequest(rail))
      await aMomentLater(rail, payout)
      const dispute = rail.openDispute(deposit.chargeId)
      for (const sent of rail.webhooks()) told.push((await verify(sent)).event.subject)

      const ids = (kind: ProviderEvent['subject']['kind']) =>
        told.flatMap((subject) => (subject.kind === kind && 'id' in subject ? [subject.id] : []))
      assert.include([...ids('deposit'), ...ids('charge')], deposit.chargeId)
      assert.include(ids('deposit'), deposit.id)
      assert.include(ids('refund'), refund.id)
      assert.include(ids('payout'), payout.id)
      assert.deepInclude(told, { kind: 'dispute', id: dispute, chargeId: deposit.chargeId })
    })

    test('what nobody ever heard of is listed as webhooks would have brought it', async ({
      assert,
    }) => {
      await provider.refund(await refundRequest(rail))
      const { destination } = await payoutRequest(rail)
      // Nothing was delivered: webhooks are paused.
      const period = { from: ago(HOUR), to: inHours(1) }
      const listed = await everyOf(provider.listEvents(period, [destination]))
      const sent = rail.webhooks()
      assert.isNotEmpty(sent)
      assert.sameMembers(
        listed.map(({ event }) => event.id),
        sent.map(({ event }) => event)
      )
      for (const { event, payload } of listed) {
        const brought = await verify(sent.find((each) => each.event === event.id)!)
        assert.deepEqual(event, brought.event)
        assert.deepEqual(payload, brought.payload)
        assert.deepEqual(provider.parseEvent(payload), event)
      }
      standIn.advance(24 * HOUR)
      const earlier = { from: ago(3 * HOUR), to: ago(2 * HOUR) }
      assert.isEmpty(await everyOf(provider.listEvents(earlier, [destination])))
    })
  })
}

async function assertRefused(
  assert: { instanceOf(value: unknown, of: unknown): void; deepInclude(a: any, b: any): void },
  verified: Promise<unknown>
): Promise<void> {
  const refused = await verified.catch((error) => error)
  assert.instanceOf(refused, Problem)
  assert.deepInclude(refused, { status: 400, code: 'bad_signature' })
}

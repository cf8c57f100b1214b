import { test } from '@japa/runner'
import type { ProviderEvent } from '#payments/provider'
import { stripe } from '#payments/stripe/index'
import { sandbox } from '#tests/support/sandbox'
import { resetAll } from '#tests/support/database'
import { enabledRecipient, inHours, paidDeposit } from './helpers.js'

async function lost(accounts: string[] = [], period = { from: inHours(-1), to: inHours(1) }) {
  const found: { event: ProviderEvent; payload: Record<string, unknown> }[] = []
  for await (const each of stripe.listEvents(period, accounts)) found.push(each)
  return found
}

test.group('Events that Stripe could not deliver', (group) => {
  group.each.setup(resetAll)

  test('those of our own account come in the form in which webhooks bring them', async ({
    assert,
  }) => {
    sandbox.webhookMode({ drop: ['charge.succeeded'] })
    const { deposit } = await paidDeposit()
    await sandbox.flushWebhooks()
    const [{ event, payload }, ...more] = await lost()
    assert.isEmpty(more)
    assert.deepInclude(event, { type: 'charge.succeeded', account: '' })
    assert.deepEqual(event.subject, { kind: 'charge', id: deposit.chargeId })
    const sent = sandbox.events.find(({ id }) => id === event.id)!
    assert.deepEqual(payload, JSON.parse(JSON.stringify(sent)))
    assert.deepEqual(stripe.parseEvent(payload), event)
  })

  test('those of a connected account say whose they are', async ({ assert }) => {
    sandbox.webhookMode({ drop: () => true })
    const account = await enabledRecipient()
    assert.isEmpty(await lost())
    const found = await lost([account])
    assert.sameMembers(
      found.map(({ event }) => event.type),
      ['account.updated', 'capability.updated']
    )
    for (const { event, payload } of found) {
      assert.equal(payload.account, account)
      assert.deepEqual(event.subject, { kind: 'recipient', id: account })
    }
  })

  test('an account that has left us does not keep the others from being looked at', async ({
    assert,
  }) => {
    sandbox.webhookMode({ drop: () => true })
    const [gone, other] = [await enabledRecipient(), await enabledRecipient()]
    sandbox.deauthorize(gone)
    const found = await lost([gone, other])
    assert.isNotEmpty(found)
    assert.isTrue(found.every(({ event }) => event.account === other))
  })

  test('they are listed over several pages, within the period, and not when delivered', async ({
    assert,
  }) => {
    sandbox.webhookMode({ drop: ['topup.succeeded'] })
    for (let cents = 1; cents <= 101; cents++) sandbox.topUp(cents)
    await paidDeposit()
    await sandbox.flushWebhooks()
    const found = await lost()
    assert.lengthOf(new Set(found.map(({ event }) => event.id)), 101)
    assert.isEmpty(await lost([], { from: inHours(-3), to: inHours(-2) }))
  })
})

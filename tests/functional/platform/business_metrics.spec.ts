import { test } from '@japa/runner'
import { readBusiness } from '#telemetry/business'
import { GAUGES } from '#telemetry/instruments'
import { Leader } from '#telemetry/leader'
import { resetAll } from '#tests/support/database'
import { aDeposit, activeProject, fundedProject } from '#tests/support/projects'
import { paypalSandbox, sandbox } from '#tests/support/sandbox'

const valueOf = async (gauge: string) =>
  (await readBusiness()).filter((each) => each.gauge === gauge).map(({ value }) => value)

test.group('How business stands', (group) => {
  group.each.setup(resetAll)

  test('is told by every gauge', async ({ assert }) => {
    await fundedProject()
    const told = new Set((await readBusiness()).map(({ gauge }) => gauge))
    // There are none before there is such money, or a comparison.
    const later = [
      'safesend.payable',
      'safesend.payouts.in_transit',
      'safesend.refunds.in_transit',
      'safesend.refunds.owed',
      'safesend.suspense',
      'safesend.reconciliation.age',
    ]
    const expected = Object.keys(GAUGES).filter((name) => !later.includes(name))
    assert.includeMembers([...told], expected)
    assert.deepEqual(await valueOf('safesend.escrow.held'), [100_000])
    assert.deepEqual(await valueOf('safesend.outcomes.unknown'), [0])
    assert.deepEqual(await valueOf('safesend.events.unhandled'), [0])
    assert.deepEqual(await valueOf('safesend.queue.lag'), [0])
  })

  test('knows what waits to be handled, and for how long', async ({ assert }) => {
    const { client, milestones } = await activeProject()
    const deposit = await aDeposit(client, milestones)
    sandbox.confirm(deposit.provider_transaction_id)
    await sandbox.flushWebhooks()
    await paypalSandbox.flushWebhooks()
    const [events] = await valueOf('safesend.events.unhandled')
    assert.isAbove(events, 0)
    const [depth] = await valueOf('safesend.queue.depth')
    assert.isAtLeast(depth, events)
    const [age] = await valueOf('safesend.events.oldest_unhandled_age')
    assert.isTrue(age > 0 && age < 60, `${age}`)
  })

  test('is told by one of any number of workers, and by another when that is gone', async ({
    assert,
    cleanup,
  }) => {
    const [one, two] = [new Leader(), new Leader()]
    cleanup(() => Promise.all([one.stop(), two.stop()]).then(() => {}))
    assert.isTrue(await one.isUs())
    assert.isFalse(await two.isUs())
    assert.isTrue(await one.isUs())
    await one.stop()
    assert.isTrue(await two.isUs())
    assert.isFalse(await one.isUs())
  })
})

import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { accounts } from '#ledger/chart_of_accounts'
import type { PaymentProvider } from '#models/transaction'
import { resetAll } from '#tests/support/database'
import { drain, settle } from '#tests/support/jobs'
import { breaks, entryKinds, held } from '#tests/support/ledger'
import { activeProject, aDeposit, payIn } from '#tests/support/projects'
import { paypalSandbox, sandbox } from '#tests/support/sandbox'

/** Sends everything that a provider has told so far, each so many times, all at once. */
async function deliverAll(provider: PaymentProvider, times: number): Promise<number[]> {
  const answers =
    provider === 'stripe'
      ? sandbox.events.map((event) => sandbox.deliver(event, { times }))
      : paypalSandbox.events.map((event) => paypalSandbox.deliver(event, { times }))
  const statuses = await Promise.all(answers)
  return statuses.flat()
}

test.group('What goes wrong in the field', (group) => {
  group.each.setup(() => resetAll())

  for (const provider of ['stripe', 'paypal', 'venmo'] as const) {
    test(`A payment webhook delivered three times settled three times (${provider})`, async ({
      assert,
    }) => {
      const { client, milestones, milestone } = await activeProject({ provider })
      payIn(await aDeposit(client, milestones, undefined, provider))
      // Each three times, and all of it before, while and after a worker looks.
      assert.isAbove((await deliverAll(provider, 3)).length, 2)
      await Promise.all([
        deliverAll(provider, 3),
        drain({ mayFail: true, concurrency: 4 }),
        drain({ mayFail: true, concurrency: 4 }),
      ])
      await settle({ mayFail: true, retryNow: true })
      for (const status of await deliverAll(provider, 3)) assert.equal(status, 200)
      await settle()

      assert.equal(await held(accounts.escrow(milestone.id)), '1000.00')
      const kinds = await entryKinds()
      assert.lengthOf(
        kinds.filter((kind) => kind === 'deposit_captured'),
        1
      )
      assert.lengthOf(
        kinds.filter((kind) => kind === 'provider_fee'),
        1
      )
      const told = await db
        .from('notifications')
        .where('user_id', client.id)
        .where('kind', 'deposit.completed')
      assert.lengthOf(told, 1)
      const ids = (await db.from('inbox_events')).map((row) => row.event_id)
      assert.lengthOf(new Set(ids), ids.length)
      assert.deepEqual(await breaks(), [])
    })
  }
})

import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { settlePending } from '#escrow/settle_pending'
import { api, expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { breaks } from '#tests/support/ledger'
import { activeProject, aDeposit, fundedProject, pay, submit } from '#tests/support/projects'
import { sandbox } from '#tests/support/sandbox'

/** Plays a whole project: one milestone paid out, one refunded. */
async function wholeProject() {
  const { client, freelancer, project, milestones } = await fundedProject({
    amounts: ['1000.00', '400.00'],
  })
  await submit(freelancer, milestones[0])
  expectData(await pay(client, `milestones/${milestones[0].id}/approve`), 201)
  expectData(
    await pay(client, 'payments/refund', { milestone_id: milestones[1].id, reason: 'Not needed.' }),
    201
  )
  await settle({ mayFail: true, retryNow: true })
  return { client, project }
}

/** What the ledger says happened, whatever the order in which it heard of it. */
async function books() {
  const entries = await db
    .from('journal_entries as e')
    .join('postings as p', 'p.entry_id', 'e.id')
    .join('ledger_accounts as a', 'a.id', 'p.account_id')
    .select('e.kind as kind', 'p.direction', 'p.amount')
    .select(db.raw(`split_part(a.name, ':', 1) AS account`))
  return entries.map((row) => `${row.kind} ${row.direction} ${row.account} ${row.amount}`).sort()
}

test.group('Webhooks', (group) => {
  group.each.setup(() => resetAll())

  test('ten times each, shuffled and late, they leave the books of an undisturbed run', async ({
    assert,
  }) => {
    const { client, project } = await wholeProject()
    const undisturbed = await books()
    assert.equal(expectData(await api(client).get(`projects/${project.id}`)).status, 'completed')
    for (const seed of [1, 2, 3]) {
      await resetAll()
      sandbox.webhookMode({ duplicate: 10, shuffle: seed })
      const again = await wholeProject()
      // Everything that was ever sent, once more, the newest first.
      for (const event of sandbox.events.toReversed()) await sandbox.deliver(event, { times: 2 })
      await settle({ mayFail: true, retryNow: true })
      assert.deepEqual(await books(), undisturbed, `seed ${seed}`)
      assert.equal(sandbox.transfers.length, 1)
      assert.equal(sandbox.refunds.length, 1)
      const shown = expectData(await api(again.client).get(`projects/${again.project.id}`))
      assert.equal(shown.status, 'completed')
      assert.deepEqual(await breaks(), [])
    }
  })

  test('none of them ever arriving, look-ups leave the same books', async ({ assert }) => {
    await wholeProject()
    const undisturbed = await books()
    await resetAll()
    sandbox.webhookMode({ drop: (event) => event.type !== 'account.updated' })
    const { client, freelancer, milestones } = await activeProject({
      amounts: ['1000.00', '400.00'],
    })
    const deposit = await aDeposit(client, milestones)
    sandbox.confirm(deposit.client_action.client_secret.split('_secret_')[0])
    await settlePending({ olderThanSeconds: 0 })
    await submit(freelancer, milestones[0])
    expectData(await pay(client, `milestones/${milestones[0].id}/approve`), 201)
    expectData(
      await pay(client, 'payments/refund', {
        milestone_id: milestones[1].id,
        reason: 'Not needed.',
      }),
      201
    )
    await settle()
    await settlePending({ olderThanSeconds: 0 })
    assert.deepEqual(await books(), undisturbed)
    assert.deepEqual(await breaks(), [])
  })
})

import { randomUUID } from 'node:crypto'
import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { accounts } from '#ledger/chart_of_accounts'
import { balanceOf } from '#ledger/balances'
import { api, expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { fundedProject } from '#tests/support/projects'
import { sandbox } from '#tests/support/sandbox'

test.group('The main job', (group) => {
  group.each.setup(() => resetAll())

  test('deposit, submission, approval and payout leave every cent where the ledger says', async ({
    assert,
  }) => {
    const { client, freelancer, milestone, project } = await fundedProject()
    assert.isTrue(milestone.isFunded)
    expectData(
      await api(freelancer).post(`milestones/${milestone.id}/submit`, {
        note: 'Done.',
        links: ['https://example.com/work'],
      })
    )
    const release = expectData(
      await api(client).post(`milestones/${milestone.id}/approve`, undefined, {
        idempotencyKey: randomUUID(),
      }),
      201
    )
    assert.equal(release.amount, '1000.00')
    assert.equal(release.platform_fee, '100.00')
    assert.equal(release.net, '900.00')
    await settle()

    assert.equal(sandbox.transfers.length, 1)
    assert.equal(sandbox.transfers[0].amount, 90_000)
    const [payout] = expectData(await api(freelancer).get('payments/payouts'))
    assert.equal(payout.state, 'paid')
    assert.equal((await balanceOf(db, accounts.escrow(milestone.id), 'USD')).minor, 0n)
    assert.equal((await balanceOf(db, accounts.payable(freelancer.id), 'USD')).minor, 0n)
    assert.equal((await balanceOf(db, accounts.platformFee(), 'USD')).minor, 10_000n)
    const shown = expectData(await api(client).get(`projects/${project.id}`))
    assert.equal(shown.status, 'completed')
  })
})

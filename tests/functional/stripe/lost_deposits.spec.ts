import { test } from '@japa/runner'
import { randomUUID } from 'node:crypto'
import type { FaultPlan } from '#sandbox/stripe/index'
import { api, expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { breaks } from '#tests/support/ledger'
import { activeProject } from '#tests/support/projects'
import { sandbox } from '#tests/support/sandbox'

const CREATE = 'POST /v1/payment_intents'

/** A deposit that Stripe gave no answer to, and its client's wish to call it off. */
async function calledOff(fault: FaultPlan) {
  const { client, milestones } = await activeProject({ payable: false })
  sandbox.failNext(CREATE, fault)
  const body = { milestone_ids: milestones.map(({ id }) => id), payment_provider: 'stripe' }
  const { id } = expectData(
    await api(client).post('payments/deposit', body, { idempotencyKey: randomUUID() }),
    202
  )
  const cancelled = expectData(await api(client).post(`payments/transactions/${id}/cancel`))
  const lists = sandbox.requestLog.filter(
    ({ method, path }) => method === 'GET' && path === '/v1/payment_intents'
  )
  return { cancelled, lists: lists.length }
}

test.group('A deposit at Stripe whose answer was lost', (group) => {
  group.each.setup(resetAll)

  test('it is called off under its key, without reading through other payments', async ({
    assert,
  }) => {
    const { cancelled, lists } = await calledOff({ at: 'after', with: 500 })
    assert.equal(cancelled.status, 'failed')
    assert.deepEqual(
      sandbox.paymentIntents.map(({ status }) => status),
      ['canceled']
    )
    assert.equal(lists, 0)
    assert.deepEqual(await breaks(), [])
  })

  test('with a key that only replays an error, the look-up finds what was made', async ({
    assert,
  }) => {
    const { cancelled, lists } = await calledOff({ at: 'after', with: 500, replay500: true })
    assert.equal(cancelled.status, 'failed')
    assert.deepEqual(
      sandbox.paymentIntents.map(({ status }) => status),
      ['canceled']
    )
    assert.equal(lists, 1)
  })

  test('with such a key and nothing made, nothing is left to be paid', async ({ assert }) => {
    const { cancelled } = await calledOff({ at: 'before', with: 500, replay500: true })
    assert.equal(cancelled.status, 'failed')
    assert.equal(sandbox.effects('payment_intent'), 0)
  })
})

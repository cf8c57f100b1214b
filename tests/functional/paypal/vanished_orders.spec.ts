import { test } from '@japa/runner'
import { buffer } from 'node:stream/consumers'
import env from '#start/env'
import { accounts } from '#ledger/chart_of_accounts'
import { settlePending } from '#escrow/settle_pending'
import { api, expectData, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { breaks, held } from '#tests/support/ledger'
import { activeProject, aDeposit, pay } from '#tests/support/projects'
import { serverAt, withSetting } from '#tests/support/provider_calls'
import { impatient } from '#tests/support/rails'
import { paypalSandbox } from '#tests/support/sandbox'

/** PayPal, but for its orders: it shows none until it is told to. */
async function withoutOrders(): Promise<() => void> {
  const paypal = env.get('PAYPAL_API_BASE')!
  let shown = false
  const base = await serverAt(async (request, response) => {
    const body = await buffer(request)
    const { method = 'GET', url = '', headers } = request
    if (!shown && method === 'GET' && url.startsWith('/v2/checkout/orders/')) {
      response.writeHead(404, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ name: 'RESOURCE_NOT_FOUND', message: 'No such order.' }))
      return
    }
    const { authorization = '', 'content-type': type = 'application/json' } = headers
    const answer = await fetch(`${paypal}${url}`, {
      method,
      headers: { authorization, 'content-type': type },
      ...(body.length > 0 && { body }),
    })
    response.writeHead(answer.status, { 'content-type': 'application/json' })
    response.end(await answer.text())
  })
  withSetting('PAYPAL_API_BASE', base)
  return () => {
    shown = true
  }
}

/** An order whose payer is asked, and nobody hears what becomes of it. */
async function unheardDeposit() {
  const found = await activeProject({ provider: 'paypal' })
  const deposit = await aDeposit(found.client, found.milestones, undefined, 'paypal')
  paypalSandbox.webhookMode({ paused: true })
  const transaction = `payments/transactions/${deposit.id}`
  const shown = async () => expectData(await api(found.client).get(transaction))
  const cancel = () => pay(found.client, `${transaction}/cancel`)
  return { ...found, order: deposit.provider_transaction_id as string, shown, cancel }
}

test.group('An order that PayPal does not show', (group) => {
  group.each.setup(async () => {
    await resetAll()
    const restore = impatient()
    return () => {
      paypalSandbox.clearFaults()
      restore()
    }
  })

  test('is not over while the capture that we sent may have taken its money', async ({
    assert,
  }) => {
    const { order, shown, cancel, milestone } = await unheardDeposit()
    paypalSandbox.failNext('POST /v2/checkout/orders/{id}/capture', {
      at: 'after',
      with: 'timeout',
    })
    paypalSandbox.approve(order)
    assert.equal((await shown()).status, 'pending')

    const showOrders = await withoutOrders()
    await settlePending({ olderThanSeconds: 0 })
    assert.equal((await shown()).status, 'pending')
    expectProblem(await cancel(), 409, 'deposit_pending')
    await settlePending({ olderThanSeconds: 0 })
    assert.equal((await shown()).status, 'pending')

    showOrders()
    await settlePending({ olderThanSeconds: 0 })
    assert.equal((await shown()).status, 'completed')
    assert.equal(paypalSandbox.captures.length, 1)
    assert.equal(await held(accounts.escrow(milestone.id)), '1000.00')
    assert.deepEqual(await breaks(), [])
  })

  test('is over at once if we never asked for its money', async ({ assert }) => {
    const { shown } = await unheardDeposit()
    await withoutOrders()
    await settlePending({ olderThanSeconds: 0 })
    assert.equal((await shown()).status, 'failed')
  })
})

import { test } from '@japa/runner'
import { Problem } from '#exceptions/problem'
import { paypal, venmo } from '#payments/paypal/index'

test.group('Where PayPal pays to', () => {
  test('an e-mail address, in one form', ({ assert }) => {
    assert.equal(
      paypal.destinationOf!(' Frank.Free+pay@Example.COM ', 'DE'),
      'frank.free+pay@example.com'
    )
  })

  test('"{address}" is refused by the name of its field')
    .with([
      { address: '' },
      { address: 'frank' },
      { address: 'frank@example' },
      { address: '@example.com' },
      { address: 'a@b@example.com' },
      { address: 'frank free@example.com' },
      { address: 'Frank <frank@example.com>' },
      { address: '+12125550123' },
      { address: `${'f'.repeat(120)}@example.com` },
    ])
    .run(({ assert }, { address }) => {
      assert.equal(
        problemOf(() => paypal.destinationOf!(address, 'US')).errors?.[0].field,
        'destination'
      )
    })

  test('Venmo: "{written}" is {meant}')
    .with([
      { written: '+1 (212) 555-0123', meant: '+12125550123' },
      { written: '212.555.0123', meant: '+12125550123' },
      { written: '1-212-555-0123', meant: '+12125550123' },
      { written: ' Frank@Example.com', meant: 'frank@example.com' },
    ])
    .run(({ assert }, { written, meant }) => {
      assert.equal(venmo.destinationOf!(written, 'US'), meant)
    })

  test('Venmo: "{address}" is refused by the name of its field')
    .with([
      { address: '+49 30 1234567' },
      { address: '112-555-0123' },
      { address: '212-155-0123' },
      { address: '2125550' },
      { address: '@frank' },
    ])
    .run(({ assert }, { address }) => {
      const { status, errors } = problemOf(() => venmo.destinationOf!(address, 'US'))
      assert.deepEqual([status, errors?.[0].field], [422, 'destination'])
    })

  test('Venmo pays in the United States only, and says so', ({ assert }) => {
    const problem = problemOf(() => venmo.destinationOf!('frank@example.com', 'DE'))
    assert.match(problem.message, /United States/)
    assert.equal(problem.errors?.[0].field, 'destination')
  })

  test('nobody has to be set up, so there is nothing to make, find or open', async ({ assert }) => {
    const asked = { key: 'k', payoutAccountId: 'pa-1', email: 'x@example.com', country: 'US' }
    const made = await paypal.onboardRecipient({ ...asked, destination: 'frank@example.com' })
    assert.deepEqual(made, {
      destination: 'frank@example.com',
      payoutAccountId: 'pa-1',
      status: 'enabled',
      requirements: [],
    })
    assert.equal((await paypal.getRecipient('frank@example.com')).status, 'enabled')
    assert.isUndefined(await paypal.findRecipient('pa-1', new Date()))
    await assert.rejects(() => paypal.onboardRecipient(asked), /Say where/)
    const urls = { refresh: 'https://x.example', return: 'https://x.example' }
    await assert.rejects(() => paypal.onboardingLink('frank@example.com', urls), /no set-up/)
    assert.isUndefined(await paypal.getRecipientPayout('po', 'frank@example.com'))
    assert.isUndefined(await paypal.reversePayout('B1', null as never, 'k'))
  })
})

function problemOf(call: () => unknown): Problem {
  try {
    call()
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
  throw new Error('It should have been refused.')
}

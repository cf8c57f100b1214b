import { test } from '@japa/runner'
import { fingerprintOf, typeOf } from '#telemetry/fingerprint'

/** A failure as it comes from a place in our code. */
function failure(message: string, at: string, more: { name?: string; code?: string } = {}): Error {
  const error = Object.assign(new Error(message), more)
  error.stack = [
    `Error: ${message}`,
    '    at Client.query (/srv/app/node_modules/pg/lib/client.js:526:17)',
    '    at process.processTicksAndRejections (node:internal/process/task_queues:104:5)',
    `    at async ${at}`,
  ].join('\n')
  return error
}

const AT = 'sendPayout (file:///srv/app/app/escrow/send_payout.ts:40:11)'

test.group('Fingerprints of errors', () => {
  test('are the same for one cause, whoever it hits', ({ assert }) => {
    assert.equal(
      fingerprintOf(failure('payout 01a2192a-76a7-7ad9-b26c-5c099e397f0c is unknown', AT)),
      fingerprintOf(failure('payout 01a2192a-864a-7979-ba61-4fdd5ee3706d is unknown', AT))
    )
    assert.equal(
      fingerprintOf(failure('duplicate key (email)=(a@example.com)', AT, { code: '23505' })),
      fingerprintOf(failure('duplicate key (email)=(b@example.com)', AT, { code: '23505' }))
    )
  })

  test('are the same after a release that moved lines, and after the build', ({ assert }) => {
    const built = 'sendPayout (file:///srv/build/app/escrow/send_payout.js:38:5)'
    assert.equal(fingerprintOf(failure('it broke', AT)), fingerprintOf(failure('it broke', built)))
  })

  test('differ by class, code, message and place', ({ assert }) => {
    const elsewhere = 'sendRefund (file:///srv/app/app/escrow/send_refund.ts:40:11)'
    const all = [
      failure('it broke', AT),
      failure('it broke', AT, { name: 'TypeError' }),
      failure('it broke', AT, { code: '40P01' }),
      failure('it broke', AT, { code: '57014' }),
      failure('it fell', AT),
      failure('it broke', elsewhere),
    ].map(fingerprintOf)
    assert.lengthOf(new Set(all), all.length)
  })

  test('of queries that lost where they came from differ by what the database says', ({
    assert,
  }) => {
    const query = (message: string) => failure(message, 'x (node:internal:1:1)', { code: '42P01' })
    const missing = (table: string, list: string) =>
      fingerprintOf(query(`select * from "${table}" where "id" in (${list}) - no "${table}"`))
    assert.equal(missing('users', '$1'), missing('users', '$1, $2, $3'))
    assert.notEqual(missing('users', '$1'), missing('projects', '$1'))
  })

  test('take the code of what is below an error that has none', ({ assert }) => {
    const cause = failure('deadlock', AT, { code: '40P01' })
    assert.equal(typeOf(new Error('the query failed', { cause })), 'Error 40P01')
  })

  test('are made of whatever is thrown', ({ assert }) => {
    for (const thrown of [undefined, null, 'no', 7, {}, Object.create(null), new Error('')]) {
      assert.match(fingerprintOf(thrown), /^[0-9a-f]{12}$/)
    }
  })
})

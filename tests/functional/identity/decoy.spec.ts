import { mock } from 'node:test'
import hash from '@adonisjs/core/services/hash'
import { test } from '@japa/runner'
import { PASSWORD } from '#tests/support/users'

/** The module as a process that has just started has it. */
const passwordsAnew = (): Promise<typeof import('#identity/passwords')> =>
  import(`../../../app/identity/passwords.ts?started=${performance.now()}`)

test.group('The hash that stands in for a missing one', () => {
  test('a failure to make it hits those who wait for it, and not who comes later', async ({
    assert,
    cleanup,
  }) => {
    const { hashPassword, passwordFits } = await passwordsAnew()
    const stored = await hashPassword(PASSWORD, 'a')
    const make = mock.method(hash, 'make', async () => {
      throw new Error('no memory')
    })
    cleanup(() => make.mock.restore())
    const tries = [
      passwordFits(undefined, PASSWORD, 'a'),
      passwordFits(null, PASSWORD, 'a'),
      // Whoever has a password waits as long, and no failure is left without somebody who sees it.
      passwordFits(stored, PASSWORD, 'a'),
    ]
    for (const outcome of await Promise.allSettled(tries)) {
      assert.include(outcome, { status: 'rejected' })
    }
    assert.equal(make.mock.callCount(), 1)

    make.mock.restore()
    assert.isTrue(await passwordFits(stored, PASSWORD, 'a'))
    assert.isFalse(await passwordFits(undefined, PASSWORD, 'a'))
  })
})

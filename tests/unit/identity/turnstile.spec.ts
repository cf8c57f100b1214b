import { test } from '@japa/runner'
import { Problem } from '#exceptions/problem'
import { TurnStile } from '#identity/turnstile'

test.group('The turnstile', () => {
  test('it lets so many run at once, the others wait, and whoever finds the queue full is told', async ({
    assert,
  }) => {
    const turnstile = new TurnStile({ running: 2, waiting: 3, share: 3 })
    let running = 0
    let most = 0
    const open: (() => void)[] = []
    const work = async () => {
      most = Math.max(most, ++running)
      await new Promise<void>((resolve) => open.push(resolve))
      running--
      return 'done'
    }
    const all = Array.from({ length: 6 }, () => turnstile.pass('a', work))
    const turnedAway = await all[5].catch((error) => error)
    assert.instanceOf(turnedAway, Problem)
    assert.include(turnedAway, { status: 503, code: 'busy' })
    assert.deepEqual(turnedAway.extra, { retry_after: 3 })

    for (let finished = 0; finished < 5;) {
      await new Promise((resolve) => setImmediate(resolve))
      while (open.length > 0) {
        open.shift()!()
        finished++
      }
    }
    assert.deepEqual(await Promise.all(all.slice(0, 5)), Array(5).fill('done'))
    assert.equal(most, 2)
  })

  test('who fills their own share of the queue leaves the rest of it to others', async ({
    assert,
  }) => {
    const turnstile = new TurnStile({ running: 1, waiting: 5, share: 2 })
    const open: (() => void)[] = []
    const pass = (client: string) =>
      turnstile
        .pass(client, () => new Promise<void>((resolve) => open.push(resolve)))
        .then(
          () => client,
          () => 'busy'
        )
    const all = ['flood', 'flood', 'flood', 'flood', 'a', 'flood', 'b', 'c', 'd'].map(pass)
    for (let finished = 0; finished < 6;) {
      await new Promise((resolve) => setImmediate(resolve))
      while (open.length > 0) {
        open.shift()!()
        finished++
      }
    }
    // One runs and five wait: two of the flood, and three more before it is full for everybody.
    assert.deepEqual(await Promise.all(all), [
      ...['flood', 'flood', 'flood', 'busy', 'a', 'busy', 'b', 'c', 'busy'],
    ])
    const after = [pass('flood'), pass('flood')]
    await new Promise((resolve) => setImmediate(resolve))
    open.shift()!()
    await new Promise((resolve) => setImmediate(resolve))
    open.shift()!()
    assert.deepEqual(await Promise.all(after), ['flood', 'flood'])
  })

  test('a failure gives its place back', async ({ assert }) => {
    const turnstile = new TurnStile({ running: 1, waiting: 0, share: 0 })
    await assert.rejects(() => turnstile.pass('a', () => Promise.reject(new Error('no'))), 'no')
    assert.equal(await turnstile.pass('a', async () => 'next'), 'next')
  })
})

import { randomUUID } from 'node:crypto'
import { test } from '@japa/runner'
import { attemptOf, providerKey } from '#payments/provider'

test.group('Keys of provider calls', () => {
  test('tell which attempt of which transaction they were made for', ({ assert }) => {
    const [own, other] = [randomUUID(), randomUUID()]
    assert.equal(attemptOf(own, providerKey(own, 1)), 1)
    assert.equal(attemptOf(own, providerKey(own, 12)), 12)
    assert.isUndefined(attemptOf(own, providerKey(other, 2)))
  })

  test('what is no such key is of no attempt', ({ assert }) => {
    const id = randomUUID()
    const key = providerKey(id, 1)
    for (const wrong of [
      undefined,
      '',
      'by hand',
      providerKey(id, 1, 'capture'),
      providerKey(id, 0),
      `${key}.5`,
      `${key} `.replace(':1 ', ': '),
      key.replace('safesend', 'other'),
    ]) {
      assert.isUndefined(attemptOf(id, wrong), wrong)
    }
  })
})

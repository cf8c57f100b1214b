import { test } from '@japa/runner'
import { readRedisUrl } from '#start/redis_url'

test.group('The address of Redis', () => {
  test('without more is a server on the usual port', ({ assert }) => {
    const expected = { host: 'cache.internal', port: 6379, db: 0 }
    assert.deepEqual(readRedisUrl('redis://cache.internal'), expected)
  })

  test('names port, database, user and password, decoded', ({ assert }) => {
    assert.deepEqual(readRedisUrl('redis://app:p%40ss%2Fword@[::1]:6380/3'), {
      host: '::1',
      port: 6380,
      db: 3,
      username: 'app',
      password: 'p@ss/word',
    })
  })

  test('with rediss is encrypted, with a certificate for that host', ({ assert }) => {
    const expected = {
      host: 'cache.example.com',
      port: 6379,
      db: 0,
      password: 'secret',
      tls: { servername: 'cache.example.com' },
    }
    assert.deepEqual(readRedisUrl('rediss://:secret@cache.example.com'), expected)
  })

  test('is refused when it is none, without repeating it: {$self}')
    .with(['localhost:6379', 'http://u:hush@host', 'redis://', 'redis://u:hush@host/cache', 'hush'])
    .run(({ assert }, text) => {
      assert.throws(
        () => readRedisUrl(text),
        'REDIS_URL must be an address such as redis://localhost:6379/0, or rediss://… for TLS.'
      )
    })
})

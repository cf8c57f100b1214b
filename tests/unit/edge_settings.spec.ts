import { test } from '@japa/runner'
import { readOrigins } from '#start/cors_origins'
import { clientNetwork } from '#middleware/client_network'
import { plainAddress, trustedProxies } from '#start/trusted_proxies'

test.group('CORS_ORIGINS', () => {
  test('lists origins as browsers send them', ({ assert }) => {
    assert.deepEqual(readOrigins(''), [])
    assert.deepEqual(readOrigins(' https://app.example.com ,http://localhost:5173,'), [
      'https://app.example.com',
      'http://localhost:5173',
    ])
  })

  test('is refused with {$self}, which no browser would send')
    .with([
      '*',
      'null',
      'app.example.com',
      'https://*.example.com',
      'https://app.example.com/',
      'https://app.example.com/app',
      'https://App.example.com',
      'https://app.example.com:443',
      'https://user@app.example.com',
      'file:///app',
      'https://a.example.com https://b.example.com',
    ])
    .run(({ assert }, origin) => {
      assert.throws(() => readOrigins(`https://good.example.com,${origin}`), /CORS_ORIGINS must/)
    })
})

test.group('TRUSTED_PROXIES', () => {
  test('believes nobody when it is empty, not even this machine', ({ assert }) => {
    const trusts = trustedProxies('')
    for (const address of ['127.0.0.1', '::1', '10.0.0.1', '']) assert.isFalse(trusts(address))
  })

  test('believes addresses, ranges and names of ranges, and no others', ({ assert }) => {
    const trusts = trustedProxies('192.0.2.7, 10.1.0.0/16, 2001:db8::/32, loopback')
    const believed = ['192.0.2.7', '10.1.255.1', '2001:db8:9::1', '127.0.0.1', '::1']
    for (const address of believed) assert.isTrue(trusts(address), address)
    assert.isTrue(trusts('::ffff:10.1.0.9'), 'IPv4 as IPv6')
    assert.isTrue(trusts('10.1.0.9:4711'), 'with its port')
    const others = ['192.0.2.8', '10.2.0.1', '2001:db9::1', '169.254.0.1', 'nonsense', '']
    for (const address of others) assert.isFalse(trusts(address), address)
    assert.isTrue(trustedProxies('uniquelocal')('172.20.0.1'))
    assert.isTrue(trustedProxies('linklocal')('fe80::1%eth0'))
  })

  test('is refused with {$self}')
    .with(['proxy.example.com', '10.0.0.0/33', '0.0.0.0/0', '::/0', '10.0.0.0/', '*', 'true'])
    .run(({ assert }, entry) => {
      assert.throws(() => trustedProxies(`10.0.0.1,${entry}`), /TRUSTED_PROXIES must list/)
    })
})

test.group('The address of a client', () => {
  test('is found in what proxies make of it', ({ assert }) => {
    assert.equal(plainAddress('203.0.113.5:8080'), '203.0.113.5')
    assert.equal(plainAddress('[2001:db8::5]:8080'), '2001:db8::5')
    assert.equal(plainAddress('[2001:db8::5]'), '2001:db8::5')
    assert.equal(plainAddress('::FFFF:203.0.113.5'), '203.0.113.5')
    for (const none of [undefined, '', 'unknown', '203.0.113', '_hidden', '1.2.3.4, 5.6.7.8']) {
      assert.isUndefined(plainAddress(none))
    }
  })

  test('counts by itself, of IPv6 with its network, however it is written', ({ assert }) => {
    assert.equal(clientNetwork('203.0.113.5'), '203.0.113.5')
    const written = ['2001:db8:0:7::1', '2001:0DB8:0:7:ffff::', '2001:db8:0:7:1:2:3:4']
    for (const ip of written) assert.equal(clientNetwork(ip), '2001:db8:0:7::/64')
    assert.equal(clientNetwork('2001:db8::'), '2001:db8:0:0::/64')
    assert.equal(clientNetwork('::1'), '0:0:0:0::/64')
  })
})

import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from '@japa/runner'
import { loadSigningKey, type SigningKey } from '#identity/signing_key'

const jwk = ({ privateKey }: SigningKey) => privateKey.export({ format: 'jwk' })

const pem = (type: 'ed25519' | 'x25519') =>
  generateKeyPairSync(type as 'ed25519')
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()

test.group('The signing key', (group) => {
  let dir: string
  let file: string
  group.each.setup(async () => {
    dir = await mkdtemp(join(tmpdir(), 'safesend-key-'))
    file = join(dir, 'deeper', 'key.pem')
    return () => rm(dir, { recursive: true })
  })

  test('in development it is made once, for its owner only, however many processes start', async ({
    assert,
  }) => {
    const keys = await Promise.all(
      Array.from({ length: 10 }, () => loadSigningKey(undefined, { production: false, file }))
    )
    for (const key of keys) assert.deepEqual(jwk(key), jwk(keys[0]))
    const { mode } = await stat(file)
    assert.equal(mode & 0o777, 0o600)
    assert.deepEqual(await readdir(join(dir, 'deeper')), ['key.pem'])
  })

  test('the environment goes first, with line breaks or with \\n', async ({ assert }) => {
    const key = pem('ed25519')
    const options = { production: true, file }
    const plain = await loadSigningKey(key, options)
    const escaped = await loadSigningKey(key.replaceAll('\n', '\\n'), options)
    assert.deepEqual(jwk(plain), jwk(escaped))
  })

  test('in production a missing one is an error that names the variable and how to make one', async ({
    assert,
  }) => {
    for (const nothing of [undefined, '', '  ']) {
      await assert.rejects(
        () => loadSigningKey(nothing, { production: true, file }),
        /JWT_PRIVATE_KEY is not set.*openssl genpkey -algorithm ed25519/
      )
    }
  })

  test('another kind of key and rubbish are errors', async ({ assert }) => {
    for (const bad of ['rubbish', pem('x25519')]) {
      await assert.rejects(
        () => loadSigningKey(bad, { production: true, file }),
        /JWT_PRIVATE_KEY holds no Ed25519 private key/
      )
    }
  })
})

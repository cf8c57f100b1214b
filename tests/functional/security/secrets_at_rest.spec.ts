import { readFile } from 'node:fs/promises'
import { globSync } from 'node:fs'
import app from '@adonisjs/core/services/app'
import encryption from '@adonisjs/core/services/encryption'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { newRecoveryCodes } from '#identity/mfa/recovery_code'
import { newTotpSecret, readTotpSecret, stepOfCode } from '#identity/mfa/totp'
import { newToken } from '#identity/opaque_tokens'
import { Problem } from '#exceptions/problem'
import { Authenticator, withAuthenticator } from '#tests/support/authenticator'
import { resetAll } from '#tests/support/database'
import { aClient } from '#tests/support/users'

const SHOWN = { issuer: 'SafeSend', label: 'ada@example.com' }
const ROW = 'mfa:1'

/** Name of the key, version, then nonce, ciphertext and tag. */
const FORM = /^gcm\.v1:?/

function codeOf(work: () => unknown): string {
  try {
    work()
    return 'taken'
  } catch (error) {
    if (error instanceof Problem) return error.code!
    throw error
  }
}

test.group('The secret of an authenticator app', (group) => {
  group.each.setup(resetAll)

  test('is encrypted as AES-256-GCM does, anew each time, in the database too', async ({
    assert,
  }) => {
    const one = newTotpSecret(ROW, SHOWN)
    const again = encryption.encrypt(one.secret, { purpose: ROW })
    assert.notEqual(again, one.stored, 'a nonce is used once')
    assert.equal(encryption.decrypt(again, ROW), one.secret)
    await withAuthenticator(await aClient())
    const { secret } = await db.from('mfa_authenticators').firstOrFail()
    for (const stored of [one.stored, again, secret]) assert.match(stored, FORM)
    const nonces = new Set(
      Array.from({ length: 200 }, () => encryption.encrypt('x', { purpose: ROW }))
    )
    assert.equal(nonces.size, 200)
  })

  test('that was changed by one character is refused, wherever it is', ({ assert }) => {
    const { stored, url } = newTotpSecret(ROW, SHOWN)
    const code = new Authenticator(url).code()
    assert.isNumber(stepOfCode(stored, ROW, code))
    for (let at = 0; at < stored.length; at++) {
      // The last character of a base64 text may hold bits that mean nothing.
      if (!/[\w-]/.test(stored[at]) || !/[\w-]/.test(stored[at + 1] ?? '')) continue
      const other = stored[at] === 'A' ? 'B' : 'A'
      const changed = stored.slice(0, at) + other + stored.slice(at + 1)
      assert.equal(
        codeOf(() => stepOfCode(changed, ROW, code)),
        'mfa_unavailable',
        `character ${at} of ${stored}`
      )
    }
    for (const other of [stored.slice(0, -4), '', 'gcm', withoutKey(stored)]) {
      assert.equal(
        codeOf(() => readTotpSecret(other, ROW, SHOWN)),
        'mfa_unavailable'
      )
    }
    assert.equal(
      codeOf(() => readTotpSecret(stored, 'mfa:2', SHOWN)),
      'mfa_unavailable'
    )
  })
})

/** As somebody would write one who has no key. */
const withoutKey = (stored: string) =>
  stored.replace(/[\w-]{20,}$/, (part) => 'A'.repeat(part.length))

test.group('What nobody may guess', () => {
  test('comes from the random source of the system: no other decides anything but a pause', async ({
    assert,
  }) => {
    const files = globSync('{app,config,database,start}/**/*.ts', { cwd: app.makePath() })
    assert.isAbove(files.length, 300)
    const others: string[] = []
    for (const file of files) {
      if (/^database\/(demo|seeders)\//.test(file)) continue
      const text = await readFile(app.makePath(file), 'utf8')
      if (/Math\.random|pseudoRandomBytes/.test(text)) others.push(file)
    }
    assert.sameMembers(others, ['database/transaction.ts', 'app/notifications/live/end_soon.ts'])
  })

  test('is spread evenly, and never comes twice', ({ assert }) => {
    const codes = Array.from({ length: 500 }, newRecoveryCodes).flat()
    assert.equal(new Set(codes).size, 5000)
    const counts = new Map<string, number>()
    for (const character of codes.join('').replaceAll('-', '')) {
      counts.set(character, (counts.get(character) ?? 0) + 1)
    }
    assert.equal(counts.size, 32)
    // 120,000 characters: 3,750 of each, give or take 60; eight times that does not happen.
    for (const [character, count] of counts) assert.closeTo(count, 3750, 480, character)

    const tokens = Array.from({ length: 1000 }, newToken)
    assert.equal(new Set(tokens).size, 1000)
    for (const token of tokens) assert.lengthOf(Buffer.from(token, 'base64url'), 32)
    const bits = tokens.map((token) => Buffer.from(token, 'base64url'))
    for (let bit = 0; bit < 256; bit++) {
      const set = bits.filter((bytes) => bytes[bit >> 3] & (1 << (bit & 7))).length
      assert.closeTo(set, 500, 128, `bit ${bit}`)
    }

    const secrets = Array.from({ length: 500 }, () => newTotpSecret(ROW, SHOWN).secret)
    assert.equal(new Set(secrets).size, 500)
    for (const secret of secrets) assert.match(secret, /^[A-Z2-7]{32}$/, '160 bits')
  })
})

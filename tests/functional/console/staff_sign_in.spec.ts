import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { hashToken } from '#identity/opaque_tokens'
import { resetAll } from '#tests/support/database'
import { inSeconds, useRealLimits } from '#tests/support/limits'
import { drain } from '#tests/support/jobs'
import { mailsTo } from '#tests/support/mailbox'
import { aColleague, console, createStaff, type Colleague } from '#tests/support/staff'

const SIGN_IN = '/console/sign-in'
const CODE = '/console/sign-in/code'
const WRONG = 'The e-mail address or the password is wrong.'

/** A browser in which somebody has given their password. */
async function afterPassword({ staff, password }: Colleague) {
  const browser = console()
  const answer = await browser.post(SIGN_IN, { email: staff.email, password })
  await browser.get(answer.location!)
  return { browser, answer }
}

test.group('Staff sign in', (group) => {
  group.each.setup(() => resetAll())

  test('with a password and a code, and are led to where they wanted to go', async ({ assert }) => {
    const one = await aColleague()
    const browser = console()
    const asked = await browser.get('/console/settings?after=x')
    assert.equal(asked.location, '/console/sign-in?next=%2Fconsole%2Fsettings%3Fafter%3Dx')
    const form = await browser.get(asked.location!)
    const next = /name="next" value="([^"]+)"/.exec(form.text)![1]
    const half = await browser.post(SIGN_IN, {
      email: ` ${one.staff.email.toUpperCase()} `,
      password: one.password,
      next,
    })
    assert.equal(half.location, CODE)
    assert.equal((await browser.get('/console/settings')).status, 303)
    const whole = await browser.post(CODE, { code: one.app.code() })
    assert.equal(whole.location, '/console/settings?after=x')
    const page = await browser.get('/console/settings')
    assert.equal(page.status, 200)
    assert.include(page.text, one.staff.name)
  })

  test('never without a second factor: no page is open after the password alone', async ({
    assert,
  }) => {
    const { browser } = await afterPassword(await aColleague())
    for (const path of ['/console/settings', '/console/security', '/console/staff']) {
      assert.match((await browser.get(path)).location!, /^\/console\/sign-in/)
    }
    assert.isEmpty(await db.from('staff_sessions'))
  })

  test('a wrong password, an unknown address, somebody disabled and somebody only invited get the same words', async ({
    assert,
  }) => {
    const known = await aColleague()
    const disabled = await aColleague()
    await db.from('staff').where('id', disabled.staff.id).update({ disabled_at: new Date() })
    const invited = await aColleague()
    await db.from('staff').where('id', invited.staff.id).update({ password: null })
    const tries = [
      { email: known.staff.email, password: 'not the password' },
      { email: 'nobody@staff.example.com', password: known.password },
      { email: disabled.staff.email, password: known.password },
      { email: invited.staff.email, password: known.password },
    ]
    for (const form of tries) {
      const page = await console().submit(SIGN_IN, form)
      assert.include(page.text, WRONG)
      assert.include(page.text, `value="${form.email}"`)
      assert.notInclude(page.text, form.password)
    }
  })

  test('a code works once, also for two who give it at the same moment', async ({ assert }) => {
    const one = await aColleague()
    const code = one.app.code()
    const halves = [await afterPassword(one), await afterPassword(one)]
    const answers = await Promise.all(halves.map(({ browser }) => browser.post(CODE, { code })))
    const led = answers.map(({ location }) => location).sort()
    assert.deepEqual(led, ['/console', CODE])
    const { browser } = await afterPassword(one)
    assert.include((await browser.submit(CODE, { code })).text, 'used already')
    assert.equal((await db.from('staff_sessions')).length, 1)
  })

  test('a recovery code takes the place of the app, once, and its owner is told', async ({
    assert,
  }) => {
    const one = await aColleague()
    const given = { recovery_code: ` ${one.recoveryCodes[0].toUpperCase().replaceAll('-', ' ')}` }
    assert.equal((await (await afterPassword(one)).browser.post(CODE, given)).location, '/console')
    const again = await (await afterPassword(one)).browser.submit(CODE, given)
    assert.include(again.text, 'used already')
    const [mail] = await mailsTo(one.staff.email)
    assert.include(mail.subject, 'recovery code')
  })

  test('the password given more than ten minutes ago, or changed since, is given again', async ({
    assert,
  }) => {
    const one = await aColleague()
    const slow = await afterPassword(one)
    await inSeconds(601, async () => {
      const page = await slow.browser.submit(CODE, { code: one.app.code() })
      assert.include(page.text, 'Begin with your password again')
    })
    const overtaken = await afterPassword(one)
    await db.from('staff').where('id', one.staff.id).update({ password: 'another' })
    const page = await overtaken.browser.submit(CODE, { code: one.app.code() })
    assert.include(page.text, 'Begin with your password again')
    assert.isEmpty(await db.from('staff_sessions'))
  })

  test('the session id is a new one after each factor: who planted one in the browser has nothing', async ({
    assert,
  }) => {
    const one = await aColleague()
    const browser = console()
    await browser.get(SIGN_IN)
    const planted = browser.cookies.get('console_session')
    await browser.post(SIGN_IN, { email: one.staff.email, password: one.password })
    const half = browser.cookies.get('console_session')
    await browser.post(CODE, { code: one.app.code() })
    const whole = browser.cookies.get('console_session')
    assert.equal(new Set([planted, half, whole]).size, 3)
    for (const stale of [planted, half]) {
      browser.cookies.set('console_session', stale!)
      assert.equal((await browser.get('/console/settings')).status, 303)
    }
    browser.cookies.set('console_session', whole!)
    assert.equal((await browser.get('/console/settings')).status, 200)
  })

  test('neither scripts nor other sites get the cookie', async ({ assert }) => {
    const { headers } = await console().get(SIGN_IN)
    const [cookie] = headers.getSetCookie()
    assert.match(cookie, /^console_session=/)
    for (const part of ['HttpOnly', 'SameSite=Lax', 'Path=/']) assert.include(cookie, part)
  })

  test('a form without its CSRF token, or with that of another browser, does nothing', async ({
    assert,
  }) => {
    const one = await aColleague()
    const form = { email: one.staff.email, password: one.password }
    const other = await console().get(SIGN_IN)
    const theirs = /name='_csrf' value='([^']+)'/.exec(other.text)![1]
    for (const token of ['', theirs]) {
      const browser = console()
      await browser.get(SIGN_IN)
      const answer = await browser.post(SIGN_IN, { ...form, _csrf: token })
      assert.notEqual(answer.location, CODE)
      assert.equal((await browser.get(CODE)).location, SIGN_IN)
    }
    assert.isEmpty(await db.from('staff_attempts'))
  })

  test('nobody is led to another site', async ({ assert }) => {
    const one = await aColleague()
    const elsewhere = [
      'https://evil.example/console',
      '//evil.example/console',
      '/\\evil.example',
      '/console/../../evil',
      '/console\\@evil.example',
      '/consoles',
      '/console/\n/evil.example',
      'javascript:alert(1)',
    ]
    for (const next of elsewhere) {
      const page = await console().get(`${SIGN_IN}?next=${encodeURIComponent(next)}`)
      const kept = /name="next" value="([^"]*)"/.exec(page.text)![1]
      assert.match(kept, /^\/console(\/|$)/)
      const browser = console()
      await browser.post(SIGN_IN, { email: one.staff.email, password: one.password, next })
      const recovery = one.recoveryCodes.pop()
      const { location } = await browser.post(CODE, { recovery_code: recovery })
      const landed = new URL(location!, 'http://here.test')
      assert.equal(landed.host, 'here.test')
      assert.match(landed.pathname, /^\/console(\/|$)/)
    }
  })

  test('who signs out is out, and their cookie is worth nothing', async ({ assert }) => {
    const staff = await createStaff()
    const browser = console(staff)
    await browser.get('/console/settings')
    const cookie = browser.cookies.get('console_session')!
    const out = await browser.post('/console/sign-out')
    assert.equal(out.location, SIGN_IN)
    assert.equal(out.headers.get('clear-site-data'), '"cache", "storage"')
    browser.cookies.set('console_session', cookie)
    assert.equal((await browser.get('/console/settings')).status, 303)
    const session = await db.from('staff_sessions').firstOrFail()
    assert.equal(session.ended_reason, 'signed_out')
  })

  test('the database holds no token and no code in clear that would let anybody in', async ({
    assert,
  }) => {
    const one = await aColleague()
    const { browser } = await afterPassword(one)
    await browser.post(CODE, { code: one.app.code() })
    const { token_hash: hash } = await db.from('staff_sessions').firstOrFail()
    assert.equal(hash.length, hashToken('x').length)
    const codes = await db.from('staff_recovery_codes').select('code_hash')
    assert.notInclude(
      codes.map((row) => row.code_hash),
      one.recoveryCodes[0]
    )
  })
})

test.group('Wrong attempts of staff', (group) => {
  group.each.setup(() => resetAll())

  const attempt = (email: string, password = 'not the password') =>
    console().submit(SIGN_IN, { email, password })

  test('lock an address for longer and longer, whether or not somebody has it', async ({
    assert,
  }) => {
    const one = await aColleague()
    for (const email of [one.staff.email, 'nobody@staff.example.com']) {
      for (let n = 0; n < 5; n++) assert.include((await attempt(email)).text, WRONG)
      const locked = await attempt(email, one.password)
      assert.include(locked.text, 'too many wrong attempts. Try again in 1 minute.')
      await db.from('staff_attempts').update({ locked_until: new Date() })
      assert.include((await attempt(email)).text, WRONG)
      assert.include((await attempt(email)).text, 'Try again in 2 minutes.')
      await db.from('staff_attempts').update({ locked_until: new Date() })
      assert.include((await attempt(email)).text, WRONG)
      assert.include((await attempt(email)).text, 'Try again in 4 minutes.')
    }
  })

  test('keep nobody out who gives the right password and code once the lock is over', async ({
    assert,
  }) => {
    const one = await aColleague()
    for (let n = 0; n < 9; n++) {
      assert.include((await attempt(one.staff.email)).text, WRONG)
      await db.from('staff_attempts').update({ locked_until: null })
    }
    const { browser, answer } = await afterPassword(one)
    assert.equal(answer.location, CODE)
    assert.equal((await browser.post(CODE, { code: one.app.code() })).location, '/console')
    assert.isEmpty(await db.from('staff_attempts'))
  })

  test('are counted one by one when many come at the same moment', async ({ assert }) => {
    const one = await aColleague()
    const answers = await Promise.all(Array.from({ length: 12 }, () => attempt(one.staff.email)))
    const refused = answers.filter(({ text }) => text.includes(WRONG))
    assert.equal(refused.length, 5)
  })

  test('count for codes as for passwords, and the right password does not forgive wrong codes', async ({
    assert,
  }) => {
    const one = await aColleague()
    for (let n = 0; n < 5; n++) {
      const { browser } = await afterPassword(one)
      const page = await browser.submit(CODE, { code: one.app.wrongCode() })
      assert.include(page.text, 'This was wrong')
    }
    assert.include((await attempt(one.staff.email, one.password)).text, 'too many wrong attempts')
    assert.isEmpty(await db.from('staff_sessions'))
  })

  test('a lock is written to the audit log, and its owner gets a mail', async ({ assert }) => {
    const one = await aColleague()
    for (let n = 0; n < 6; n++) await attempt(one.staff.email)
    for (let n = 0; n < 6; n++) await attempt('nobody@staff.example.com')
    await drain()
    const lines = await db.from('audit_log')
    assert.deepEqual(
      lines.map(({ action, actor_type: by, target_id: id }) => ({ action, by, id })),
      [{ action: 'staff.locked_out', by: 'system', id: one.staff.id }]
    )
    assert.include((await mailsTo(one.staff.email))[0].subject, 'tried to sign in')
    assert.isEmpty(await mailsTo('nobody@staff.example.com'))
  })

  test('from elsewhere lock nobody out where they have signed in before', async ({ assert }) => {
    const one = await aColleague()
    for (let n = 0; n < 5; n++) await attempt(one.staff.email)
    await db.table('staff_sessions').insert({
      staff_id: one.staff.id,
      token_hash: 'of an earlier day',
      ip_address: '127.0.0.1',
      expires_at: new Date(),
    })
    const { answer } = await afterPassword(one)
    assert.equal(answer.location, CODE)
  })

  test('are forgotten once somebody is in', async ({ assert }) => {
    const one = await aColleague()
    for (let n = 0; n < 4; n++) await attempt(one.staff.email)
    const { browser } = await afterPassword(one)
    await browser.post(CODE, { code: one.app.code() })
    assert.isEmpty(await db.from('staff_attempts'))
  })
})

test.group('Many attempts of one machine', (group) => {
  group.each.setup(() => resetAll())
  useRealLimits(group)

  test('are limited whatever addresses they try', async ({ assert }) => {
    const browser = console()
    let last
    for (let n = 0; n <= 60; n++) {
      last = await browser.post(SIGN_IN, { email: `n${n}@example.com`, password: '' })
    }
    const page = await browser.get(last!.location!)
    assert.include(page.text, 'Too many requests')
  })
})

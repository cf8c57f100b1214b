import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import purgeExpiredSignIns from '#jobs/purge_expired_sign_ins'
import { changeSetting } from '#escrow/settings'
import { changeStaffRole } from '#staff/change_role'
import { disableStaff } from '#staff/disable_staff'
import { resetStaff } from '#staff/reset_staff'
import { Authenticator } from '#tests/support/authenticator'
import { resetAll } from '#tests/support/database'
import { mailsTo } from '#tests/support/mailbox'
import { aColleague, console, createStaff } from '#tests/support/staff'

const SECURITY = '/console/security'
const operator = { actor: { type: 'operator' as const, name: 'Vera Stein' }, reason: 'Ticket 812' }

/** Makes it as if something had happened so many minutes ago. */
const agoInSessions = (column: string, minutes: number) =>
  db.from('staff_sessions').update({
    [column]: db.raw(`now() - make_interval(mins => ?)`, [minutes]),
  })

test.group('A session at the console', (group) => {
  group.each.setup(() => resetAll())

  test('ends after half an hour without a request, and is not kept alive by being refused', async ({
    assert,
  }) => {
    const browser = console(await createStaff())
    assert.equal((await browser.get(SECURITY)).status, 200)
    await agoInSessions('last_seen_at', 29)
    assert.equal((await browser.get(SECURITY)).status, 200)
    await agoInSessions('last_seen_at', 31)
    assert.equal((await browser.get(SECURITY)).status, 303)
    await agoInSessions('last_seen_at', 0)
    assert.equal((await browser.get(SECURITY)).status, 303)
    assert.equal((await db.from('staff_sessions').firstOrFail()).ended_reason, 'idle')
  })

  test('ends as early as the setting says', async ({ assert }) => {
    await db.transaction((trx) => changeSetting(trx, 'console_idle_minutes', 5, 'operator'))
    const browser = console(await createStaff())
    await browser.get(SECURITY)
    await agoInSessions('last_seen_at', 6)
    assert.equal((await browser.get(SECURITY)).status, 303)
  })

  test('ends after twelve hours, however busy it is', async ({ assert }) => {
    const browser = console(await createStaff())
    await browser.get(SECURITY)
    const { expires_at: until, created_at: since } = await db.from('staff_sessions').firstOrFail()
    assert.equal(until.getTime() - since.getTime(), 12 * 3600_000)
    await db.from('staff_sessions').update({ expires_at: db.raw('now()') })
    assert.equal((await browser.get(SECURITY)).status, 303)
  })

  test('ends at once when somebody is disabled, gets another role or is reset', async ({
    assert,
  }) => {
    await createStaff()
    const ends = [
      { end: (id: string) => disableStaff(id, operator), reason: 'disabled' },
      { end: (id: string) => changeStaffRole(id, 'finance', operator), reason: 'role_changed' },
      { end: (id: string) => resetStaff(id, operator), reason: 'credentials_changed' },
    ]
    for (const { end, reason } of ends) {
      const staff = await createStaff({ role: 'support' })
      const browser = console(staff)
      assert.equal((await browser.get(SECURITY)).status, 200)
      await end(staff.id)
      assert.equal((await browser.get(SECURITY)).status, 303)
      const row = await db.from('staff_sessions').where('staff_id', staff.id).firstOrFail()
      assert.equal(row.ended_reason, reason)
    }
  })

  test('is listed to its owner, who ends it from elsewhere; nobody else can', async ({
    assert,
  }) => {
    const staff = await createStaff()
    const here = console(staff)
    const there = console(staff)
    await there.get(SECURITY)
    const page = await here.get(SECURITY)
    const [, path] = /action="(\/console\/security\/sessions\/[\w-]+\/end)"/.exec(page.text)!
    const other = await console(await createStaff()).post(path)
    assert.equal(other.status, 404)
    assert.equal((await there.get(SECURITY)).status, 200)
    assert.include((await here.submit(path)).text, 'That session has ended.')
    assert.equal((await there.get(SECURITY)).status, 303)
    assert.equal((await here.post(path)).status, 404)
  })

  test('is left alone when its owner signs out everywhere else', async ({ assert }) => {
    const staff = await createStaff()
    const [here, there] = [console(staff), console(staff)]
    await there.get(SECURITY)
    await here.submit('/console/security/sessions/end-others')
    assert.equal((await there.get(SECURITY)).status, 303)
    assert.equal((await here.get(SECURITY)).status, 200)
  })

  test('is forgotten with the browser sessions behind it when it is long over', async ({
    assert,
  }) => {
    const staff = await createStaff()
    for (let n = 0; n < 3; n++) await console(staff).get(SECURITY)
    const [old, ended] = await db.from('staff_sessions').orderBy('id')
    const longAgo = db.raw("now() - interval '31 days'")
    await db.from('staff_sessions').where('id', old.id).update({ expires_at: longAgo })
    await db
      .from('staff_sessions')
      .where('id', ended.id)
      .update({ ended_at: longAgo, ended_reason: 'revoked' })
    await db.from('console_sessions').limit(1).update({ expires_at: longAgo })
    await purgeExpiredSignIns.handle({}, {} as never)
    assert.equal((await db.from('staff_sessions')).length, 1)
    const { expired } = await db
      .from('console_sessions')
      .whereRaw('expires_at < now()')
      .count('* AS expired')
      .firstOrFail()
    assert.equal(Number(expired), 0)
  })
})

test.group('Staff change what they sign in with', (group) => {
  group.each.setup(() => resetAll())

  test('another password takes the present one, and ends the other sessions', async ({
    assert,
  }) => {
    const one = await aColleague()
    const [here, there] = [console(one.staff), console(one.staff)]
    await there.get(SECURITY)
    await here.get(SECURITY)
    const change = (current: string, password: string) =>
      here.submit('/console/security/password', { current_password: current, password })
    assert.include((await change('wrong', 'a long new password')).text, 'not your present password')
    assert.include((await change(one.password, one.password)).text, 'present password. Choose')
    assert.include((await change(one.password, 'short')).text, 'at least 12')
    assert.include((await change(one.password, 'a long new password')).text, 'is changed')
    assert.equal((await there.get(SECURITY)).status, 303)
    assert.equal((await here.get(SECURITY)).status, 200)
    const form = { email: one.staff.email, password: 'a long new password' }
    const { location } = await console().post('/console/sign-in', form)
    assert.equal(location, '/console/sign-in/code')
    const { action } = await db.from('audit_log').firstOrFail()
    assert.equal(action, 'staff.password_changed')
    const [mail] = await mailsTo(one.staff.email)
    assert.include(mail.subject, 'How you sign in')
  })

  test('guessing the present password with a stolen session is locked like guessing to sign in', async ({
    assert,
  }) => {
    const one = await aColleague()
    const browser = console(one.staff)
    const guess = (current: string) =>
      browser.submit(
        '/console/security/password',
        { current_password: current, password: 'a long new password' },
        SECURITY
      )
    for (let n = 0; n < 5; n++) assert.include((await guess('wrong')).text, 'not your present')
    assert.include((await guess(one.password)).text, 'too many wrong attempts')
  })

  test('new recovery codes are shown once, and the old ones work no more', async ({ assert }) => {
    const one = await aColleague()
    const page = await console(one.staff).post('/console/security/recovery-codes')
    assert.equal(page.status, 200)
    const fresh = [...page.text.matchAll(/<code>([\w-]{29})<\/code>/g)].map((match) => match[1])
    assert.lengthOf(fresh, 10)
    const outcome = async (code: string) => {
      const browser = console()
      await browser.post('/console/sign-in', { email: one.staff.email, password: one.password })
      return (await browser.post('/console/sign-in/code', { recovery_code: code })).location
    }
    assert.notEqual(await outcome(one.recoveryCodes[0]), '/console')
    assert.equal(await outcome(fresh[0]), '/console')
  })
})

test.group('Another authenticator app', (group) => {
  group.each.setup(() => resetAll())

  const PAGE = '/console/security/authenticator'

  test('takes the place of the old one when it has shown a code, and ends other sessions', async ({
    assert,
  }) => {
    const one = await aColleague()
    const elsewhere = console(one.staff)
    await elsewhere.get('/console')
    const browser = console(one.staff)
    const { text } = await browser.get(PAGE)
    const secret = /type the key: <code class="break">([A-Z2-7]+)</.exec(text)![1]
    const app = new Authenticator(`otpauth://totp/SafeSend:x?secret=${secret}&issuer=SafeSend`)
    const enters = async (code: string) => {
      const another = console()
      await another.post('/console/sign-in', { email: one.staff.email, password: one.password })
      return (await another.post('/console/sign-in/code', { code })).location === '/console'
    }

    const wrong = await browser.submit(PAGE, { code: app.wrongCode() })
    assert.include(wrong.text, 'This is not the code that the app shows now')
    assert.include(wrong.text, secret, 'the app need not be set up again')
    assert.isFalse(await enters(app.code()))
    assert.isTrue(await enters(one.app.code(-1)))

    assert.equal((await browser.post(PAGE, { code: app.code(-1) })).location, '/console/security')
    assert.isFalse(await enters(one.app.code()))
    assert.isTrue(await enters(app.code()))
    assert.equal((await elsewhere.get('/console')).status, 303)
    assert.equal((await browser.get('/console')).status, 200)
    const lines = await db.from('audit_log').where('action', 'staff.authenticator_replaced')
    assert.deepEqual(
      lines.map(({ actor_id: who, target_id: whose }) => [who, whose]),
      [[one.staff.id, one.staff.id]]
    )
    // The secret of before is no offer any more.
    assert.notInclude((await browser.get(PAGE)).text, secret)
  })

  test('takes the second factor of just now', async ({ assert }) => {
    const browser = console(await createStaff())
    await browser.get('/console')
    await agoInSessions('stepped_up_at', 11)
    assert.match((await browser.get(PAGE)).location!, /^\/console\/step-up/)
    assert.match((await browser.post(PAGE, { code: '000000' })).location!, /^\/console\/step-up/)
  })
})

test.group('The second factor anew', (group) => {
  group.each.setup(() => resetAll())

  const stale = () => agoInSessions('stepped_up_at', 11)

  test('is asked for before a page of what moves trust, and leads back there', async ({
    assert,
  }) => {
    const one = await aColleague()
    const browser = console(one.staff)
    assert.equal((await browser.get('/console/staff')).status, 200)
    await stale()
    const { location } = await browser.get('/console/staff?x=1')
    assert.equal(location, '/console/step-up?next=%2Fconsole%2Fstaff%3Fx%3D1')
    const form = await browser.get(location!)
    const next = /name="next" value="([^"]+)"/.exec(form.text)![1]
    const wrong = await browser.submit('/console/step-up', { code: one.app.wrongCode(), next })
    assert.include(wrong.text, 'This was wrong')
    assert.equal((await browser.get('/console/staff')).status, 303)
    const right = await browser.post('/console/step-up', { code: one.app.code(), next })
    assert.equal(right.location, '/console/staff?x=1')
    assert.equal((await browser.get('/console/staff?x=1')).status, 200)
  })

  test('is asked for before a form is taken: nothing is done, and what was typed is there again', async ({
    assert,
  }) => {
    const one = await aColleague()
    const browser = console(one.staff)
    await browser.get('/console/staff')
    await stale()
    const typed = { name: 'Ada Byron', email: 'ada@staff.example.com', role: 'support' }
    const asked = await browser.post('/console/staff', typed)
    assert.equal(asked.location, '/console/step-up?next=%2Fconsole%2Fstaff')
    assert.include((await browser.get(asked.location!)).text, 'Nothing has been done yet')
    assert.equal((await db.from('staff')).length, 1)
    const page = await browser.submit('/console/step-up', {
      recovery_code: one.recoveryCodes[0],
      next: '/console/staff',
    })
    assert.include(page.text, 'value="Ada Byron"')
    assert.include(page.text, 'value="ada@staff.example.com"')
    assert.include((await browser.post('/console/staff', typed)).text, '/console/invitation#token=')
  })

  test('never keeps a password that was typed', async ({ assert }) => {
    const one = await aColleague()
    const browser = console(one.staff)
    await browser.get(SECURITY)
    await stale()
    await browser.post('/console/security/password', {
      current_password: one.password,
      password: 'a long new password',
    })
    for (const { data } of await db.from('console_sessions')) {
      assert.notInclude(data, 'a long new password')
      assert.notInclude(data, one.password)
    }
  })

  test('is not asked for what everybody may look at', async ({ assert }) => {
    const browser = console(await createStaff({ role: 'support' }))
    await browser.get(SECURITY)
    await stale()
    assert.equal((await browser.get('/console/settings')).status, 200)
  })

  test('leads to no other site, and takes each code once', async ({ assert }) => {
    const one = await aColleague()
    const browser = console(one.staff)
    const code = one.app.code()
    const away = await browser.post('/console/step-up', { code, next: 'https://evil.example/' })
    assert.equal(away.location, '/console')
    const again = await browser.submit('/console/step-up', { code }, '/console/step-up')
    assert.include(again.text, 'used already')
  })

  test('is asked as often as the setting says', async ({ assert }) => {
    await db.transaction((trx) => changeSetting(trx, 'console_step_up_minutes', 60, 'operator'))
    const browser = console(await createStaff())
    await browser.get(SECURITY)
    await stale()
    assert.equal((await browser.get('/console/staff')).status, 200)
    await agoInSessions('stepped_up_at', 61)
    assert.equal((await browser.get('/console/staff')).status, 303)
  })
})

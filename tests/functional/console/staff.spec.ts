import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import type { Act } from '#audit/record_audit'
import type Staff from '#models/staff'
import { changeStaffRole } from '#staff/change_role'
import { createStaff as inviteStaff } from '#staff/create_staff'
import { disableStaff } from '#staff/disable_staff'
import { resetStaff } from '#staff/reset_staff'
import { run } from '#tests/functional/operations/run'
import { Authenticator } from '#tests/support/authenticator'
import { resetAll } from '#tests/support/database'
import { inSeconds } from '#tests/support/limits'
import { mailsTo } from '#tests/support/mailbox'
import { aColleague, console, createStaff } from '#tests/support/staff'

const PASSWORD = 'a few words of one’s own'
const by = (staff: Staff, reason = 'Ticket 812'): Act => ({
  actor: { type: 'staff', id: staff.id },
  reason,
})

/** The token of an invitation, wherever its link is shown. */
const tokenIn = (text: string) => /\/console\/invitation#token=([\w-]+)/.exec(text)![1]

/** Follows an invitation to where password and app are set. */
async function follow(token: string) {
  const browser = console()
  const page = await browser.submit('/console/invitation', { token })
  const secret = /<code class="break">([A-Z2-7]+)<\/code>/.exec(page.text)?.[1]
  const app = secret && new Authenticator(`otpauth://totp/x?secret=${secret}`)
  return { browser, page, app: app as Authenticator }
}

const finish = (
  { browser, app }: Awaited<ReturnType<typeof follow>>,
  { password = PASSWORD, code = app.code() } = {}
) => browser.post('/console/invitation/set-up', { password, code })

/** What the audit log has: who did what to whom. */
async function audited() {
  const lines = await db.from('audit_log').orderBy('id')
  return lines.map(({ action, actor_type: type, actor_id: id, target_id: target }) => ({
    action,
    actor: id ?? type,
    target,
  }))
}

test.group('Somebody new on the staff', (group) => {
  group.each.setup(() => resetAll())

  test('is invited by an operator, sets password and app, sees recovery codes, and signs in with them', async ({
    assert,
  }) => {
    const made = await run(
      'staff:create',
      'Ada@staff.example.com',
      '--name',
      'Ada Byron',
      '--role',
      'admin',
      '--by',
      'Vera Stein',
      '--json'
    )
    assert.equal(made.exitCode, 0)
    const { staff_id: id, link } = JSON.parse(made.lines.join(''))
    const opened = await follow(tokenIn(link))
    assert.include(opened.page.text, 'Hello Ada Byron')
    assert.include(opened.page.text, 'src="data:image/png;base64,')
    const codes = await finish(opened)
    assert.equal(codes.status, 200)
    assert.lengthOf([...codes.text.matchAll(/<code>[\w-]{29}<\/code>/g)], 10)
    assert.equal((await opened.browser.get('/console/staff')).status, 200)

    const browser = console()
    await browser.post('/console/sign-in', { email: 'ada@staff.example.com', password: PASSWORD })
    const whole = await browser.post('/console/sign-in/code', { code: opened.app.code(1) })
    assert.equal(whole.location, '/console')
    assert.deepEqual(await audited(), [
      { action: 'staff.invited', actor: 'operator', target: id },
      { action: 'staff.enrolled', actor: id, target: id },
    ])
    const words = await db.from('audit_words').firstOrFail()
    assert.equal(words.operator, 'Vera Stein')
  })

  test('is invited by an admin, who sees the link once', async ({ assert }) => {
    const admin = await createStaff()
    const browser = console(admin)
    const form = { name: 'Ada Byron', email: 'ada@staff.example.com', role: 'support' }
    const page = await browser.post('/console/staff', form)
    assert.equal((await finish(await follow(tokenIn(page.text)))).status, 200)
    const list = await browser.get('/console/staff')
    assert.include(list.text, 'Ada Byron')
    assert.notInclude(list.text, 'token=')
    const again = await browser.submit('/console/staff', form)
    assert.include(again.text, 'has this e-mail address already')
    assert.equal((await audited())[0].actor, admin.id)
  })

  test('uses the link once, within a day, and only the latest one', async ({ assert }) => {
    const admin = console(await createStaff())
    const form = { name: 'Ada', email: 'ada@staff.example.com', role: 'support' }
    const first = tokenIn((await admin.post('/console/staff', form)).text)
    const { id } = await db.from('staff').where('email', form.email).firstOrFail()
    const reset = () => admin.post(`/console/staff/${id}/reset`, { reason: 'They lost the link' })
    const second = tokenIn((await reset()).text)
    const gone = 'was used already, has expired or never existed'
    for (const token of [first, 'never-was']) {
      assert.include((await follow(token)).page.text, gone)
    }
    const twice = [await follow(second), await follow(second)]
    const outcomes = await Promise.all(twice.map((each) => finish(each)))
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), [200, 303])
    assert.equal((await db.from('staff_sessions').where('staff_id', id)).length, 1)

    const third = tokenIn((await reset()).text)
    await db.from('staff_invitations').update({ expires_at: db.raw('now()') })
    assert.include((await follow(third)).page.text, gone)
  })

  test('is not in before the code of the app was right, nor with a weak password', async ({
    assert,
  }) => {
    const admin = console(await createStaff())
    const form = { name: 'Ada', email: 'ada@staff.example.com', role: 'support' }
    const opened = await follow(tokenIn((await admin.post('/console/staff', form)).text))
    const path = '/console/invitation/set-up'
    const wrong = await opened.browser.submit(path, {
      password: PASSWORD,
      code: opened.app.wrongCode(),
    })
    assert.include(wrong.text, 'not the code that the app shows')
    for (const password of ['short', form.email]) {
      assert.equal((await finish(opened, { password })).status, 303)
    }
    assert.isNull((await db.from('staff').where('email', form.email).firstOrFail()).password)
    assert.equal((await finish(opened)).status, 200)
  })

  test('the code that set up the app does not sign in as well', async ({ assert }) => {
    const admin = console(await createStaff())
    const form = { name: 'Ada', email: 'ada@staff.example.com', role: 'support' }
    const opened = await follow(tokenIn((await admin.post('/console/staff', form)).text))
    const code = opened.app.code()
    await finish(opened, { code })
    const browser = console()
    await browser.submit('/console/sign-in', { email: form.email, password: PASSWORD })
    const used = await browser.submit('/console/sign-in/code', { code })
    assert.include(used.text, 'used already')
  })
})

test.group('An admin', (group) => {
  group.each.setup(() => resetAll())

  test('changes roles, disables, lets back and resets, each with a reason in the audit log', async ({
    assert,
  }) => {
    const admin = await createStaff()
    const browser = console(admin)
    const { id } = (await aColleague({ role: 'support' })).staff
    const page = `/console/staff/${id}`
    const reason = 'Ticket 812'
    await browser.get(page)
    assert.include(
      (await browser.submit(`${page}/role`, { role: 'finance', reason })).text,
      'finance'
    )
    assert.include((await browser.submit(`${page}/disable`, { reason })).text, 'let in no more')
    const back = await browser.post(`${page}/enable`, { reason })
    assert.equal((await finish(await follow(tokenIn(back.text)))).status, 200)
    assert.include((await browser.post(`${page}/reset`, { reason })).text, 'token=')
    const actions = (await audited()).map(({ action }) => action)
    assert.deepEqual(actions, [
      'staff.role_changed',
      'staff.disabled',
      'staff.enabled',
      'staff.enrolled',
      'staff.reset',
    ])
    const words = await db.from('audit_words').select('reason')
    assert.deepEqual(new Set(words.map((row) => row.reason)), new Set([reason]))
    assert.equal((await browser.submit(`${page}/disable`, {}, page)).status, 200)
    assert.isNull((await db.from('staff').where('id', id).firstOrFail()).disabled_at)
  })

  test('does it under the eyes of whom it is done to, and of the other admins', async ({
    assert,
  }) => {
    const admin = await createStaff({ name: 'Ada' })
    const other = await createStaff({ name: 'Bea' })
    const { staff } = await aColleague({ role: 'finance', name: 'Fay' })
    await resetStaff(staff.id, by(admin))
    await changeStaffRole(staff.id, 'support', by(admin))
    const told = async (email: string) =>
      (await mailsTo(email)).map(({ text }) => /^.* was .* by .*\.$/m.exec(text)?.[0])
    const acts = ['Fay was reset by Ada.', 'Fay was given another role by Ada.']
    assert.sameMembers(await told(staff.email), acts)
    const invited = { name: 'Gus', email: 'gus@staff.example.com', role: 'finance' } as const
    await inviteStaff(invited, by(admin))
    assert.sameMembers(await told(other.email), [...acts, 'Gus was invited by Ada.'])
    assert.isEmpty(await told(admin.email))
    assert.isEmpty(await told(invited.email))
  })

  test('does none of it to themselves', async ({ assert }) => {
    const admin = await createStaff()
    await createStaff()
    const browser = console(admin)
    const page = await browser.get(`/console/staff/${admin.id}`)
    assert.notInclude(page.text, `/console/staff/${admin.id}/disable`)
    for (const [what, form] of [
      ['role', { role: 'support' }],
      ['disable', {}],
      ['reset', {}],
    ] as const) {
      const answer = await browser.post(`/console/staff/${admin.id}/${what}`, {
        ...form,
        reason: 'x',
      })
      assert.equal(answer.status, 403)
      assert.include(answer.text, 'Nobody does this to themselves')
    }
    assert.isEmpty(await db.from('audit_log'))
  })

  test('is left when all of them remove one another at the same moment', async ({ assert }) => {
    for (const remove of [
      (victim: Staff, admin: Staff) => disableStaff(victim.id, by(admin)),
      (victim: Staff, admin: Staff) => changeStaffRole(victim.id, 'support', by(admin)),
    ]) {
      await resetAll()
      const admins = [await createStaff(), await createStaff(), await createStaff()]
      const outcomes = await Promise.allSettled(
        admins.flatMap((admin) =>
          admins.filter((other) => other !== admin).map((victim) => remove(victim, admin))
        )
      )
      const left = await db.from('staff').where('role', 'admin').whereNull('disabled_at')
      assert.lengthOf(left, 1)
      assert.lengthOf(
        outcomes.filter(({ status }) => status === 'fulfilled'),
        2
      )
    }
  })

  test('who is the last that can sign in is not disabled by an operator either', async ({
    assert,
  }) => {
    const admin = await createStaff()
    const waiting = await createStaff()
    await db.from('staff').where('id', waiting.id).update({ password: null })
    const why = ['--by', 'Vera Stein', '--reason', 'Left us']
    assert.equal((await run('staff:disable', admin.email, ...why)).exitCode, 1)
    assert.isNull((await db.from('staff').where('id', admin.id).firstOrFail()).disabled_at)
    await createStaff()
    assert.equal((await run('staff:disable', admin.email, ...why)).exitCode, 0)
    assert.equal((await run('staff:disable', admin.email, ...why)).exitCode, 1)
  })
})

test.group('staff:enable', (group) => {
  group.each.setup(() => resetAll())

  test('lets somebody back by an invitation, and nobody who was not disabled', async ({
    assert,
  }) => {
    const one = await createStaff({ role: 'support' })
    const why = ['--by', 'Vera Stein', '--reason', 'Back from leave']
    assert.equal((await run('staff:enable', one.email, ...why)).exitCode, 1)
    await run('staff:disable', one.email, ...why)
    const { exitCode, output } = await run('staff:enable', one.email, ...why)
    assert.equal(exitCode ?? 0, 0)
    assert.match(output, /\/console\/invitation/)
    const row = await db.from('staff').where('id', one.id).firstOrFail()
    assert.deepInclude(row, { disabled_at: null, password: null })
    const line = await db.from('audit_log').where('action', 'staff.enabled').firstOrFail()
    assert.deepInclude(line, { actor_type: 'operator', target_id: one.id })
  })
})

test.group('staff:reset', (group) => {
  group.each.setup(() => resetAll())

  test('takes everything away that somebody signs in with, and invites them anew', async ({
    assert,
  }) => {
    const one = await aColleague()
    const browser = console(one.staff)
    await browser.get('/console/security')
    const reset = await run('staff:reset', one.staff.id, '--by', 'Vera', '--reason', 'Lost phone')
    assert.equal(reset.exitCode, 0)
    assert.equal((await browser.get('/console/security')).status, 303)
    const form = { email: one.staff.email, password: one.password }
    assert.include((await console().submit('/console/sign-in', form)).text, 'is wrong')
    for (const table of ['staff_authenticators', 'staff_recovery_codes']) {
      assert.isEmpty(await db.from(table))
    }
    await inSeconds(60, async () => {
      assert.equal((await finish(await follow(tokenIn(reset.lines.join('\n'))))).status, 200)
    })
  })

  test('a wrong call is 2, somebody unknown is 1', async ({ assert }) => {
    const why = ['--by', 'Vera', '--reason', 'x']
    assert.equal((await run('staff:reset', 'nobody@staff.example.com', ...why)).exitCode, 1)
    assert.equal(
      (await run('staff:reset', 'x@example.com', '--by', ' ', '--reason', 'x')).exitCode,
      2
    )
    const role = ['--name', 'A', '--role', 'king', '--by', 'Vera']
    assert.equal((await run('staff:create', 'a@example.com', ...role)).exitCode, 2)
    const email = ['--name', 'A', '--role', 'admin', '--by', 'Vera']
    assert.equal((await run('staff:create', 'no address', ...email)).exitCode, 2)
    assert.isEmpty(await db.from('staff'))
  })
})

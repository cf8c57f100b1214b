import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { setting } from '#escrow/settings'
import { resetAll } from '#tests/support/database'
import { useRealLimits } from '#tests/support/limits'
import { console, createStaff, type ConsoleAnswer } from '#tests/support/staff'

const SETTING = '/console/settings/inspection_days'

/** What is read, without the tags. */
const read = ({ text }: ConsoleAnswer) =>
  text
    .slice(text.indexOf('<main'))
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')

test.group('Errors at the console', (group) => {
  group.each.setup(() => resetAll())

  test('a form that is too old is shown again where it was, filled in, and did nothing', async ({
    assert,
  }) => {
    const browser = console(await createStaff())
    await browser.get(SETTING)
    const form = { _csrf: 'of yesterday', _form: SETTING, value: '9', version: 0, reason: 'Agreed' }
    const answer = await browser.post(SETTING, form)
    assert.equal(answer.location, SETTING)
    const page = await browser.get(SETTING)
    assert.include(read(page), 'Nothing has been done: the page was open for too long')
    assert.match(page.text, /<input[^>]*value="9"/)
    assert.include(page.text, 'Agreed')
    assert.equal(await setting(db, 'inspection_days'), 14)
  })

  test('who was signed out meanwhile is told so at the sign-in, and led back', async ({
    assert,
  }) => {
    const browser = console(await createStaff())
    await browser.get(SETTING)
    browser.cookies.clear()
    const signIn = await browser.submit(SETTING, { value: '9', version: 0, reason: 'Agreed' })
    assert.include(read(signIn), 'Nothing has been done: the page was open for too long')
    assert.include(signIn.text, SETTING)
  })

  test('a form of another site is a page that says so, and is not filled in here', async ({
    assert,
  }) => {
    const browser = console(await createStaff())
    const answer = await browser.post(SETTING, { _csrf: 'x', value: '9' }, '/not-of-the-console')
    assert.equal(answer.status, 403)
    assert.include(
      read(answer),
      'The page that it is from was open for too long, or is none of ours.'
    )
    assert.notMatch((await browser.get(SETTING)).text, /value="9"/)
  })

  test('what a role may not do says what, and who may', async ({ assert }) => {
    const browser = console(await createStaff({ role: 'support' }))
    const answer = await browser.get('/console/audit')
    assert.equal(answer.status, 403)
    assert.include(
      read(answer),
      'To read the audit log, one has to be finance or admin. You are support. Ask one of them'
    )
  })

  test('a page that is not there says so, inside the frame', async ({ assert }) => {
    const browser = console(await createStaff())
    for (const path of ['/console/nothing', '/console/payouts/nothing']) {
      const answer = await browser.get(path)
      assert.equal(answer.status, 404)
      assert.include(read(answer), 'Check the address, or search for the id above.')
      assert.include(answer.text, 'role="search"')
    }
  })

  test('a filter that is none says which, and leads to the page without', async ({ assert }) => {
    const browser = console(await createStaff())
    const answer = await browser.get('/console/payouts?state=lost&rail=venmo')
    assert.equal(answer.status, 422)
    const text = read(answer)
    assert.match(text, /State : .*Rail : /)
    assert.include(answer.text, '<a href="/console/payouts">The page without filters</a>')
  })

  test('what somebody else was faster with is said at the form', async ({ assert }) => {
    const browser = console(await createStaff())
    await browser.get(SETTING)
    await browser.submit(SETTING, { value: '9', version: 0, reason: 'Agreed' })
    const answer = await browser.submit(SETTING, { value: '8', version: 0, reason: 'Agreed' })
    assert.equal(answer.status, 200)
    assert.include(read(answer), 'Somebody has changed inspection_days since you opened it.')
  })

  test('a field that is wrong says so beside it and above, also one that is not seen', async ({
    assert,
  }) => {
    const browser = console(await createStaff())
    await browser.get(SETTING)
    const form = { _form: SETTING, value: '9', version: 'x', reason: 'no' }
    const answer = await browser.submit(SETTING, form)
    assert.match(answer.text, /class="error"/)
    assert.match(read(answer), /Nothing has been done\. .*number.*reason/i)
  })

  test('our own failure has a request id to tell, and nothing of what is underneath', async ({
    assert,
    cleanup,
  }) => {
    const browser = console(await createStaff())
    await browser.get('/console')
    await db.rawQuery('ALTER TABLE payouts RENAME TO payouts_away')
    cleanup(() => db.rawQuery('ALTER TABLE payouts_away RENAME TO payouts').then(() => {}))
    const answer = await browser.get('/console/payouts')
    assert.equal(answer.status, 500)
    assert.match(read(answer), /tell a developer the request id below\..* Request [\w-]{20,}/)
    assert.notInclude(answer.text, 'relation')
  })
})

test.group('Too many requests at the console', (group) => {
  group.each.setup(() => resetAll())
  useRealLimits(group)

  test('are told when to come again', async ({ assert }) => {
    const browser = console()
    let answer = await browser.get('/console/sign-in')
    for (let tries = 0; answer.status !== 429; tries++) {
      assert.isBelow(tries, 1300)
      answer = await browser.get('/console/sign-in')
    }
    const seconds = Number(answer.headers.get('retry-after'))
    assert.isAbove(seconds, 0)
    assert.match(
      read(answer),
      new RegExp(`Try again in ${seconds} seconds?, at \\d\\d:\\d\\d:\\d\\d UTC`)
    )
  }).timeout(120_000)
})

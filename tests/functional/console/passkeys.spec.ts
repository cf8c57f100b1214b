import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import type { Page } from 'playwright-core'
import env from '#start/env'
import { axeViolations, sideways, useBrowser } from '#tests/support/browser'
import { resetAll } from '#tests/support/database'
import { setVariable } from '#tests/support/environment'
import { aColleague, createStaff, staffCookies, type Colleague } from '#tests/support/staff'

/** A passkey belongs to a name; an address of numbers has none. */
const here = () => `http://localhost:${process.env.PORT}`

/** Gives the browser a security key, as if somebody pressed it whenever it blinks. */
async function plugIn(page: Page) {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'usb', automaticPresenceSimulation: true },
  })
  return { devtools, authenticatorId }
}

/** Signs in up to the second factor. */
async function givePassword(page: Page, { staff, password }: Colleague) {
  await page.goto('/console/security')
  await page.getByLabel('E-mail address').fill(staff.email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByRole('heading', { name: 'Second factor' }).waitFor()
}

/** Signs in with a code, and adds a passkey. */
async function addPasskey(page: Page, one: Colleague) {
  await givePassword(page, one)
  await page.getByLabel('Code from your authenticator app').fill(one.app.code())
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL('**/console/security')
  await page.getByRole('link', { name: 'Add a passkey' }).click()
  await page.getByLabel('What you call it').fill('Blue key')
  await page.getByRole('button', { name: 'Make it' }).click()
  await page.getByText('Blue key is a second factor of yours').waitFor()
}

test.group('A passkey', (group) => {
  const browser = useBrowser(group)
  group.each.setup(async () => {
    await resetAll()
    const before = env.get('APP_URL')
    setVariable('APP_URL', here())
    return () => setVariable('APP_URL', before)
  })

  test('is made, signs in in place of a code, and steps up', async ({ assert }) => {
    const one = await aColleague()
    const { page, complaints } = await browser.open(undefined, { baseUrl: here() })
    await plugIn(page)
    await addPasskey(page, one)

    await page.context().clearCookies()
    await givePassword(page, one)
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await page.waitForURL('**/console/security')

    await db.from('staff_sessions').update({ stepped_up_at: db.raw("now() - interval '1 hour'") })
    await page.goto('/console/staff')
    await page.getByRole('heading', { name: 'Is it still you?' }).waitFor()
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await page.getByRole('heading', { name: 'Staff', exact: true }).waitFor()
    assert.equal(new URL(page.url()).pathname, '/console/staff')

    const passkey = await db.from('staff_passkeys').firstOrFail()
    assert.isAbove(Number(passkey.sign_count), 1)
    assert.isNotNull(passkey.last_used_at)
    assert.deepEqual(
      complaints.filter((each) => !each.includes('404')),
      []
    )
  })

  test('is not taken when its count goes back, as that of a copy would, nor offered to anybody but its owner', async ({
    assert,
  }) => {
    const one = await aColleague()
    const { page } = await browser.open(undefined, { baseUrl: here() })
    await plugIn(page)
    await addPasskey(page, one)
    const use = async () => {
      await page.context().clearCookies()
      await givePassword(page, one)
      await page.getByRole('button', { name: 'Use a passkey' }).click()
      await page.getByRole('alert').filter({ hasText: 'This was wrong' }).waitFor()
    }
    await db.from('staff_passkeys').update({ sign_count: 1000 })
    await use()
    await db.from('staff_passkeys').update({ sign_count: 0, staff_id: (await createStaff()).id })
    await page.context().clearCookies()
    await givePassword(page, one)
    assert.equal(await page.getByRole('button', { name: 'Use a passkey' }).count(), 0)
    const { length } = await db.from('staff_sessions').where('staff_id', one.staff.id)
    assert.equal(length, 1)
  })

  test('that nobody presses leaves the form as it was, and says so', async ({ assert }) => {
    const one = await aColleague()
    const { page } = await browser.open(undefined, { baseUrl: here() })
    const { devtools, authenticatorId } = await plugIn(page)
    await addPasskey(page, one)
    await devtools.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId })
    await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: { protocol: 'ctap2', transport: 'usb', automaticPresenceSimulation: true },
    })
    await page.context().clearCookies()
    await givePassword(page, one)
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await page.getByText('The passkey was not used').waitFor()
    assert.equal(new URL(page.url()).pathname, '/console/sign-in/code')
  })
})

test.group('The pages about signing in', (group) => {
  const browser = useBrowser(group)
  group.each.setup(() => resetAll())

  test('an invitation is followed in the browser: the token leaves the address, and ends in a session', async ({
    assert,
  }) => {
    const admin = await createStaff()
    const { page } = await browser.open()
    await page.context().addCookies(await staffCookies(admin))
    await page.goto('/console/staff')
    await page.getByText('Invite', { exact: true }).click()
    await page.getByLabel('Name').fill('Ada Byron')
    await page.getByLabel('E-mail address').fill('ada@staff.example.com')
    await page.getByLabel('Role').selectOption('finance')
    await page.getByRole('button', { name: 'Make the invitation' }).click()
    const link = await page.locator('code.break').innerText()
    assert.match(link, /\/console\/invitation#token=/)

    const theirs = (await browser.open(`/console/invitation${new URL(link).hash}`)).page
    await theirs.waitForURL((url) => url.hash === '')
    assert.notEqual(await theirs.getByLabel('Your invitation').inputValue(), '')
    await theirs.getByRole('button', { name: 'Go on' }).click()
    await theirs.getByRole('heading', { name: 'Hello Ada Byron' }).waitFor()
    assert.deepEqual(await axeViolations(theirs), [])
  })

  for (const width of [1280, 375]) {
    test(`can be used by everybody at ${width} pixels, light and dark`, async ({ assert }) => {
      const admin = await createStaff()
      const other = await createStaff({ role: 'finance' })
      for (const colorScheme of ['light', 'dark'] as const) {
        const { page } = await browser.open(undefined, { width, colorScheme })
        for (const path of ['/console/sign-in', '/console/invitation']) {
          await page.goto(path)
          assert.deepEqual(await axeViolations(page), [], path)
          assert.isAtMost(await sideways(page), 0, path)
        }
        await page.context().addCookies(await staffCookies(admin))
        for (const path of [
          '/console/security',
          '/console/security/passkeys/new',
          '/console/step-up',
          '/console/staff',
          `/console/staff/${other.id}`,
        ]) {
          await page.goto(path)
          for (const closed of await page.locator('details.action > summary').all()) {
            await closed.click()
          }
          assert.deepEqual(await axeViolations(page), [], path)
          assert.isAtMost(await sideways(page), 0, path)
        }
      }
    })
  }
})

import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import type { Page } from 'playwright-core'
import { fillDemo } from '#database/demo/demo'
import OpeningFloatSeeder from '#database/seeders/opening_float_seeder'
import type Staff from '#models/staff'
import { PAGES } from '#site/pages'
import { createStaff as inviteStaff } from '#staff/create_staff'
import { useBrowser } from '#tests/support/browser'
import { consolePages } from '#tests/support/console_pages'
import { resetAll } from '#tests/support/database'
import { keptBy, selectSomewhere } from '#tests/support/in_browser'
import { console, createStaff, staffCookies } from '#tests/support/staff'
import { ask } from '#tests/support/site'

const WITH_PASSWORDS = ['/console/sign-in', '/console/invitation/set-up', '/console/security']
const TYPED = 'Pasted: a few words of one’s own'

/** Where somebody new sets their password. */
async function invitation(admin: Staff): Promise<string> {
  const who = { name: 'Ada Byron', email: 'ada@staff.example.com', role: 'support' as const }
  const { link } = await inviteStaff(who, {
    actor: { type: 'staff', id: admin.id },
    reason: 'Ticket 812',
  })
  return link
}

/** Every page that somebody can see, as it is sent. */
async function everyPage(): Promise<Map<string, string>> {
  const pages = new Map<string, string>()
  for (const { path } of PAGES) pages.set(path, (await ask(path)).text)
  pages.set('/console/sign-in', (await console().get('/console/sign-in')).text)
  const admin = await createStaff()
  const token = new URL(await invitation(admin)).hash.replace('#token=', '')
  const setUp = await console().submit('/console/invitation', { token })
  pages.set('/console/invitation/set-up', setUp.text)
  const browser = console(admin)
  for (const { path } of await consolePages()) {
    if (!path || pages.has(path)) continue
    const { location, text } = await browser.get(path)
    if (location === undefined) pages.set(path, text)
  }
  return pages
}

const inputsOf = (page: string) => [...page.matchAll(/<input\b[^>]*>/g)].map(([tag]) => tag)
const isForPassword = (tag: string) =>
  /(name|autocomplete|id)="[^"]*password[^"]*"/i.test(tag) || /type="password"/.test(tag)

test.group('Of all pages', (group) => {
  let pages: Map<string, string>

  group.setup(async () => {
    await resetAll()
    await new OpeningFloatSeeder(db.connection()).run()
    await fillDemo({ projects: 3 })
    pages = await everyPage()
  })

  test('three ask for a password, by fields that hide what is typed and take all of it', ({
    assert,
  }) => {
    assert.isAbove(pages.size, 40)
    const having = [...pages].filter(([, text]) => inputsOf(text).some(isForPassword))
    assert.sameMembers(
      having.map(([path]) => path),
      WITH_PASSWORDS
    )
    for (const [path, text] of having) {
      for (const tag of inputsOf(text).filter(isForPassword)) {
        assert.match(tag, /type="password"/, path)
        assert.match(tag, /autocomplete="(current|new)-password"/, path)
        assert.notMatch(tag, /readonly|disabled|\son\w+=/, path)
        const most = /maxlength="(\d+)"/.exec(tag)
        if (most) assert.isAtLeast(Number(most[1]), 128, path)
      }
    }
    for (const [path, text] of pages) assert.notMatch(text, /<[^>]+\son(paste|input|copy)=/i, path)
  })

  test('those of the console let whoever is signed in sign out', ({ assert }) => {
    const ofStaff = [...pages].filter(
      ([path]) => /^\/console/.test(path) && !/^\/console\/(sign-in|invitation)/.test(path)
    )
    assert.isAbove(ofStaff.length, 30)
    for (const [path, text] of ofStaff) {
      assert.match(text, /<form[^>]+action="\/console\/sign-out"/, path)
    }
  })
})

test.group('In a browser', (group) => {
  const browser = useBrowser(group)
  group.each.setup(async () => {
    await resetAll()
    await new OpeningFloatSeeder(db.connection()).run()
  })

  test('a field for a password takes what is pasted', async ({ assert }) => {
    const admin = await createStaff()
    const { page } = await browser.open('/console/sign-in')
    const tried: string[] = [await pasteIntoAll(page)]
    await page.goto(await invitation(admin))
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByRole('heading', { name: 'Hello Ada Byron' }).waitFor()
    tried.push(await pasteIntoAll(page))

    const { page: signedIn } = await browser.open()
    await signedIn.context().addCookies(await staffCookies(admin))
    await signedIn.goto('/console/security')
    tried.push(await pasteIntoAll(signedIn))
    assert.deepEqual(tried, WITH_PASSWORDS)

    /** By the keyboard, as people and password managers do. @returns the page's path */
    async function pasteIntoAll(at: Page): Promise<string> {
      await selectSomewhere(at, TYPED)
      await at.keyboard.press('Control+C')
      const fields = await at.locator('input[type=password]').all()
      assert.isNotEmpty(fields, at.url())
      for (const field of fields) {
        await field.focus()
        await at.keyboard.press('Control+V')
        assert.equal(await field.inputValue(), TYPED, at.url())
      }
      return new URL(at.url()).pathname
    }
  }).timeout(120_000)

  test('the console keeps nothing but its cookie', async ({ assert }) => {
    const { page } = await browser.open()
    await page.context().addCookies(await staffCookies(await createStaff()))
    for (const path of ['/console', '/console/projects', '/console/users', '/console/security']) {
      await page.goto(path)
      assert.deepEqual(await keptBy(page), [], path)
    }
    const cookies = await page.context().cookies()
    assert.deepEqual(
      cookies.map(({ name, httpOnly }) => ({ name, httpOnly })),
      [{ name: 'console_session', httpOnly: true }]
    )
  }).timeout(120_000)
})

import { test } from '@japa/runner'
import type { Page } from 'playwright-core'
import { PAGES } from '#site/pages'
import { axeViolations, sideways, useBrowser, type Opened } from '#tests/support/browser'
import { resetAll } from '#tests/support/database'
import { keptPaths, loaded, scrollThrough, vitals, workerReady } from '#tests/support/in_browser'
import { forgetPages, siteBase, vitalsArriving } from '#tests/support/site'
import { createStaff, staffCookies } from '#tests/support/staff'

const WIDTHS = [375, 1280]
const SCHEMES = ['light', 'dark'] as const
const PATHS = PAGES.map(({ path }) => path as string)

/** What a page may cost on a first visit: bytes that come over the wire, and what may jump. */
const BUDGET = { page: 150_000, scripts: 40_000, shift: 0.02, paint: 2500 }

/** Somebody who has been asked, so that no banner is in the way. */
const ASKED = { name: 'site_consent', value: '1.necessary', url: siteBase() }

test.group('Public site', (group) => {
  const browser = useBrowser(group)
  group.setup(async () => {
    await resetAll()
    forgetPages()
  })

  const open = async (path: string, viewer = {}): Promise<Opened> => {
    const opened = await browser.open(undefined, viewer)
    await opened.page.context().addCookies([ASKED])
    await opened.page.goto(path)
    return opened
  }

  for (const width of WIDTHS) {
    test(`can be read by everybody, and fits ${width} pixels`, async ({ assert }) => {
      const { page, complaints, elsewhere } = await open('/', { width })
      const found: string[] = []
      for (const path of [...PATHS, '/offline', '/no-such-page']) {
        await page.goto(path)
        const over = await sideways(page)
        if (over > 0) found.push(`${path}: ${over} pixels too wide`)
        for (const colorScheme of SCHEMES) {
          await page.emulateMedia({ colorScheme })
          const violations = await axeViolations(page)
          found.push(...violations.map((each) => `${path} (${colorScheme}): ${each}`))
        }
      }
      assert.deepEqual(found, [])
      // What is not there on purpose, and a picture that another one took the place of.
      const unexpected = complaints.filter(
        (each) => !/404 \(Not Found\)|^failed: .*\.avif$/.test(each)
      )
      assert.deepEqual(unexpected, [], 'nothing that the policy stops, and no error')
      assert.deepEqual(elsewhere(), [])
    })
  }

  test('between the two widths nothing is cut either', async ({ assert }) => {
    const { page } = await open('/')
    const wrong: string[] = []
    for (const path of PATHS) {
      await page.goto(path)
      for (const width of [320, 480, 768, 960, 1024, 1600]) {
        await page.setViewportSize({ width, height: 800 })
        const over = await sideways(page)
        if (over > 0) wrong.push(`${path} at ${width}: ${over} pixels too wide`)
      }
    }
    assert.deepEqual(wrong, [])
  })

  test('what one presses is large enough for a finger', async ({ assert }) => {
    const { page } = await browser.open(undefined, { width: 375 })
    const small: string[] = []
    for (const path of PATHS) {
      await page.goto(path)
      // Links within a sentence are as high as its lines: https://www.w3.org/TR/WCAG22/#target-size-minimum
      const found = await page
        .locator('button, summary, input, label, .button, nav a, .brand, address a, .contents a')
        .evaluateAll((all) =>
          all
            .map((element) => ({
              words: element.textContent?.trim().slice(0, 30) || element.outerHTML.slice(0, 60),
              box: element.getBoundingClientRect(),
            }))
            .filter(({ box }) => box.width > 0 && (box.height < 24 || box.width < 24))
            .map(({ words, box }) => `${words}: ${Math.round(box.width)}x${Math.round(box.height)}`)
        )
      small.push(...found.map((each) => `${path}: ${each}`))
      const buttons = await page
        .locator('button:visible, .button:visible, summary:visible, nav a:visible')
        .evaluateAll((all) =>
          all
            .filter((element) => element.getBoundingClientRect().height < 44)
            .map((element) => element.textContent?.trim())
        )
      small.push(...buttons.map((each) => `${path}: ${each} is lower than 44`))
    }
    assert.deepEqual(small, [])
  })

  test('a first visit is small and quick, and nothing jumps', async ({ assert }) => {
    const wrong: string[] = []
    for (const path of PATHS) {
      for (const width of WIDTHS) {
        const { page, close } = await browser.open(path, { width })
        await page.waitForLoadState('networkidle')
        const { paint, shift } = await vitals(page)
        await scrollThrough(page)
        const { total, scripts } = await loaded(page)
        const measured = { page: total, scripts, shift, paint }
        for (const [name, limit] of Object.entries(BUDGET)) {
          const is = measured[name as keyof typeof BUDGET]
          if (is > limit) wrong.push(`${path} at ${width}: ${name} is ${is}`)
        }
        if (total < 10_000) wrong.push(`${path}: nothing was counted`)
        if (paint === 0) wrong.push(`${path}: nothing was painted`)
        await close()
      }
    }
    assert.deepEqual(wrong, [])
  })

  test('pictures have their size from the beginning, and come when they are near', async ({
    assert,
  }) => {
    const { page, requests } = await open('/', { width: 1280 })
    const pictures = page.locator('main img')
    assert.isAbove(await pictures.count(), 0)
    for (const picture of await pictures.all()) {
      for (const name of ['width', 'height', 'alt']) {
        assert.isNotEmpty(await picture.getAttribute(name), name)
      }
      assert.equal(await picture.getAttribute('loading'), 'lazy')
      const kinds = await picture
        .locator('xpath=../source')
        .evaluateAll((all) => all.map((source) => source.getAttribute('type')))
      assert.includeMembers(kinds, ['image/avif', 'image/webp'])
    }
    await scrollThrough(page)
    const fetched = requests.filter((url) => /dispute-/.test(url))
    assert.lengthOf(fetched, 1)
    assert.match(fetched[0], /\.avif$/)
    const shown = await pictures.first().evaluate((image) => ({
      drawn: (image as any).naturalWidth as number,
      ratio: image.clientWidth / image.clientHeight,
    }))
    assert.isAbove(shown.drawn, 0)
    assert.closeTo(shown.ratio, 1280 / 900, 0.02)
  })

  test('the dark picture is for who has dark colours', async ({ assert }) => {
    const { page, requests } = await open('/', { colorScheme: 'dark' })
    await scrollThrough(page)
    assert.lengthOf(
      requests.filter((url) => /dispute-\d+-dark.*\.avif$/.test(url)),
      1
    )
  })

  test('the menu of a narrow screen opens, leads on, and closes', async ({ assert }) => {
    const { page } = await open('/', { width: 375 })
    await page.getByText('Menu', { exact: true }).click()
    const menu = page.getByRole('navigation', { name: 'Main, small' })
    assert.isTrue(await menu.isVisible())
    await page.keyboard.press('Escape')
    assert.isFalse(await menu.isVisible())
    await page.getByText('Menu', { exact: true }).click()
    await menu.getByRole('link', { name: 'Pricing' }).click()
    await page.waitForURL('**/pricing')
    assert.equal(await page.locator('h1').textContent(), 'One fee, taken when money is released')
  })

  test('a question has an address of its own', async ({ assert }) => {
    const { page } = await open('/help#chargeback', { reducedMotion: 'reduce' })
    const heading = page.locator('h3#chargeback')
    assert.isTrue(await heading.evaluate((element) => element.matches(':target')))
    const { y } = (await heading.boundingBox())!
    assert.isBelow(Math.abs(y), 200)
  })
})

test.group('Public site | consent', (group) => {
  const browser = useBrowser(group)
  group.setup(async () => {
    await resetAll()
    forgetPages()
  })

  let sent: ReturnType<typeof vitalsArriving>
  group.each.setup(() => {
    sent = vitalsArriving()
    return () => sent.stop()
  })
  const banner = (page: Page) => page.locator('[data-consent]')
  const leave = async (page: Page) => {
    await page.evaluate('scrollTo(0, 400)')
    await page.mouse.click(5, 300)
    await page.goto('/pricing')
    await page.goto('/')
    await page.waitForTimeout(300)
  }

  test('who is asked and says nothing is not measured, and gets no cookie', async ({ assert }) => {
    const opened = await browser.open('/')
    assert.isTrue(await banner(opened.page).isVisible())
    await leave(opened.page)
    assert.deepEqual(sent.arrived, [])
    assert.deepEqual(await opened.page.context().cookies(), [])
  })

  test('who says no is not measured and not asked again', async ({ assert }) => {
    const opened = await browser.open('/')
    await opened.page.getByRole('button', { name: 'No, thanks' }).click()
    await banner(opened.page).waitFor({ state: 'hidden' })
    await leave(opened.page)
    assert.isFalse(await banner(opened.page).isVisible())
    assert.deepEqual(sent.arrived, [])
    const cookies = await opened.page.context().cookies()
    assert.deepEqual(
      cookies.map(({ name, value }) => [name, value]),
      [['site_consent', '1.necessary']]
    )
  })

  test('who says yes is measured, by figures and the page they are of, until they say no', async ({
    assert,
  }) => {
    const opened = await browser.open('/')
    const { page } = opened
    await page.getByRole('button', { name: 'Yes, measure' }).click()
    await banner(page).waitFor({ state: 'hidden' })
    await leave(page)
    assert.isAbove(sent.arrived.length, 0)
    for (const { body, status } of sent.arrived) {
      assert.equal(status, 204)
      assert.sameMembers(Object.keys(body), ['page', 'measured'])
      assert.include(PATHS, body.page)
      for (const figure of body.measured) assert.sameMembers(Object.keys(figure), ['name', 'value'])
    }
    const names = sent.arrived.flatMap(({ body }) => body.measured.map(({ name }: any) => name))
    assert.includeMembers(names, ['LCP', 'CLS'])

    await page.goto('/cookies')
    assert.isTrue(await page.getByLabel('Yes.').isChecked())
    await page.getByLabel('No.').check()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved. Nothing is measured.').waitFor()
    const before = sent.arrived.length
    await leave(page)
    assert.lengthOf(sent.arrived, before)
  })

  test('who tells all sites so by their browser is neither asked nor measured', async ({
    assert,
  }) => {
    const opened = await browser.open()
    await opened.page.addInitScript(
      `Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })`
    )
    await opened.page.goto('/')
    await leave(opened.page)
    assert.isFalse(await banner(opened.page).isVisible())
    // Also not if they have agreed before they did.
    await opened.page.context().addCookies([{ ...ASKED, value: '1.measure' }])
    await leave(opened.page)
    await opened.page.waitForLoadState('networkidle')
    assert.isFalse(await banner(opened.page).isVisible())
    assert.isFalse(opened.requests.some((url) => url.includes('vitals')))
    assert.deepEqual(sent.arrived, [])
  })

  test('without scripts everything can be read, and the choice be made', async ({ assert }) => {
    const opened = await browser.open(undefined, { javaScriptEnabled: false })
    const { page, complaints } = opened
    for (const path of PATHS) {
      await page.goto(path)
      assert.isTrue(await page.locator('h1').isVisible(), path)
      assert.isFalse(await banner(page).isVisible(), 'nothing to ask where nothing can measure')
    }
    await page.goto('/cookies')
    await page.getByLabel('Yes.').check()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved. Pages may measure how fast they are.').waitFor()
    const [cookie] = await page.context().cookies()
    assert.deepEqual(
      [cookie.name, cookie.value, cookie.sameSite],
      ['site_consent', '1.measure', 'Lax']
    )
    // It has begun to load what it then may not run.
    const unexpected = complaints.filter((each) => !/^failed: .*\.js$/.test(each))
    assert.deepEqual(unexpected, [])
  })
})

test.group('Public site | service worker', (group) => {
  const browser = useBrowser(group)
  group.setup(async () => {
    await resetAll()
    forgetPages()
  })

  test('a page says that there is no network, in its own colours, and comes back with it', async ({
    assert,
  }) => {
    const { page } = await browser.open('/')
    assert.isTrue(await workerReady(page))
    await page.context().setOffline(true)
    await page.goto('/pricing')
    assert.equal(await page.locator('h1').textContent(), 'You are offline')
    const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor')
    assert.equal(ground, 'rgb(250, 248, 243)', 'its style sheet is there')
    await page.context().setOffline(false)
    await page.getByRole('link', { name: 'Try again' }).click()
    await page.getByRole('heading', { name: 'One fee, taken when' }).waitFor()
    assert.equal(await page.locator('h1').textContent(), 'One fee, taken when money is released')
  })

  test('it keeps files of the pages and the offline page, and nothing of anybody', async ({
    assert,
  }) => {
    const { page, complaints } = await browser.open('/')
    assert.isTrue(await workerReady(page))
    await page.context().addCookies(await staffCookies(await createStaff()))
    for (const path of [...PATHS, '/console', '/console/payouts', '/docs', '/openapi.json']) {
      await page.goto(path)
    }
    await page.goto('/')
    for (const path of ['/api/projects', '/api/terms', '/health/ready', '/files/x', '/avatars/x']) {
      await page.evaluate(`fetch('${path}')`)
    }
    const paths = await keptPaths(page)
    assert.include(paths, '/offline')
    assert.isAbove(paths.length, 1)
    for (const path of paths) {
      assert.match(path, /^\/offline$|^\/assets\/(site-[\w-]+\.css|dispute-)/)
    }
    // What a test asks for in vain, and a picture that was still loading when it went on.
    const unexpected = complaints.filter((each) => !/40[134] \(|^failed: .*\.avif$/.test(each))
    assert.deepEqual(unexpected, [])
  })

  test('it keeps no page, also none that has been seen before', async ({ assert }) => {
    const { page } = await browser.open('/cookies')
    assert.isTrue(await workerReady(page))
    await page.goto('/cookies')
    await page.context().setOffline(true)
    await page.goto('/cookies')
    assert.equal(await page.locator('h1').textContent(), 'You are offline')
  })

  test('the console and the API are not answered for', async ({ assert }) => {
    const { page } = await browser.open('/')
    assert.isTrue(await workerReady(page))
    await page.context().setOffline(true)
    for (const path of ['/console', '/api/terms', '/docs']) {
      await assert.rejects(() => page.goto(path), /ERR_INTERNET_DISCONNECTED/)
    }
  })

  test('an older build’s files go when another build comes', async ({ assert }) => {
    const { page } = await browser.open('/offline')
    for (const name of ['site-0000', 'theirs']) {
      await page.evaluate(
        `caches.open('${name}').then((cache) => cache.put('/assets/old.js', new Response('old')))`
      )
    }
    await page.goto('/')
    assert.isTrue(await workerReady(page))
    const names = await page.evaluate<string[]>('caches.keys()')
    assert.notInclude(names, 'site-0000')
    assert.include(names, 'theirs', 'what is not ours is left alone')
    assert.lengthOf(
      names.filter((name) => name.startsWith('site-')),
      1
    )
  })

  test('pages of the console do not register it', async ({ assert }) => {
    const { page, requests } = await browser.open('/console/sign-in')
    await page.waitForLoadState('networkidle')
    assert.deepEqual(
      requests.filter((url) => url.endsWith('/sw.js')),
      []
    )
  })
})

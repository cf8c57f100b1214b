import { AxeBuilder } from '@axe-core/playwright'
import chromium from '@sparticuz/chromium'
import { test } from '@japa/runner'
import { chromium as playwright, type Browser, type Page } from 'playwright-core'
import { openApiDocument } from '#openapi/document'
import { PROBLEMS } from '#openapi/problems'

const base = () => `http://${process.env.HOST}:${process.env.PORT}`

/** The browser may ask nobody but us; in the background it would. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

test.group('API documentation | page', (group) => {
  let browser: Browser

  group.setup(async () => {
    browser = await playwright.launch({
      executablePath: await chromium.executablePath(),
      args: ARGUMENTS,
    })
    return () => browser.close()
  })

  /** The page, and whatever it asked for or complained of. */
  async function open(width: number) {
    const context = await browser.newContext({ viewport: { width, height: 900 } })
    const page = await context.newPage()
    const requests: string[] = []
    const complaints: string[] = []
    page.on('request', (request) => requests.push(request.url()))
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`))
    await page.goto(`${base()}/docs`)
    return { page, requests, complaints }
  }

  const ids = (page: Page, selector: string) =>
    page.locator(selector).evaluateAll((elements) => elements.map(({ id }) => id))

  test('it shows every operation, schema and problem, and asks nobody else', async ({ assert }) => {
    const document = openApiDocument()
    const { page, requests, complaints } = await open(1280)
    const operations = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => `operation/${operationId}`)
    )
    assert.sameMembers(
      (await ids(page, 'article')).filter((id) => id.startsWith('operation/')),
      operations
    )
    const schemas = Object.keys(document.components.schemas).map((name) => `schema/${name}`)
    assert.sameMembers(
      (await ids(page, 'article')).filter((id) => id.startsWith('schema/')),
      schemas
    )
    assert.sameMembers(
      await ids(page, '[id^="problem/"]'),
      Object.keys(PROBLEMS).map((code) => `problem/${code}`)
    )
    assert.deepEqual(
      requests.filter((url) => !url.startsWith(`${base()}/`)),
      []
    )
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  test('its links lead to places on it', async ({ assert }) => {
    const { page } = await open(1280)
    const links = await page
      .locator('a[href^="#"]')
      .evaluateAll((all) => all.map((link) => decodeURIComponent(link.getAttribute('href')!)))
    const places = new Set(await ids(page, '[id]'))
    const lost = links.filter((link) => !places.has(link.slice(1)))
    assert.isAbove(links.length, 100)
    assert.deepEqual(lost, [])
    await page.context().close()
  })

  for (const width of [375, 1280]) {
    test(`it can be read by everybody, and fits ${width} pixels`, async ({ assert }) => {
      const { page } = await open(width)
      // One of each kind, unfolded, stands for all: they are made alike, and looking takes long.
      const looked = '[id="operation/depositsStore"], [id="schema/Problem"]'
      await page.locator(`article:is(${looked}) details`).evaluateAll((all) => {
        for (const one of all) one.setAttribute('open', '')
      })
      const sideways = await page
        .locator('html')
        .evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)
      assert.equal(sideways, 0)
      const { violations } = await new AxeBuilder({ page })
        .exclude(`article:not(${looked})`)
        .analyze()
      assert.deepEqual(
        violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 200)}`),
        []
      )
      await page.context().close()
    }).timeout(60_000)
  }

  test('the policy lets no script run and nothing load from elsewhere', async ({ assert }) => {
    const { headers } = await fetch(`${base()}/docs`)
    const policy = headers.get('content-security-policy')!
    assert.match(policy, /default-src 'none'/)
    assert.notMatch(policy, /unsafe|script-src|https?:|\*/)
  })

  test('`type` of a problem leads to what is said about it', async ({ assert }) => {
    const answer = await fetch(`${base()}/api/nothing`)
    const { type, code } = (await answer.json()) as { type: string; code: string }
    const page = await fetch(type, { redirect: 'manual' })
    assert.equal(page.status, 302)
    assert.equal(page.headers.get('location'), `/docs#problem/${code}`)
    assert.equal((await fetch(`${base()}/problems/nonsense`)).status, 404)
  })
})

import { test } from '@japa/runner'
import type { Page } from 'playwright-core'
import { openApiDocument } from '#openapi/document'
import { PROBLEMS } from '#openapi/problems'
import { axeViolations, sideways, useBrowser } from '#tests/support/browser'

const base = () => `http://${process.env.HOST}:${process.env.PORT}`

test.group('API documentation | page', (group) => {
  const browser = useBrowser(group)
  const open = (width: number) => browser.open('/docs', { width })

  const ids = (page: Page, selector: string) =>
    page.locator(selector).evaluateAll((elements) => elements.map(({ id }) => id))

  test('it shows every operation, schema and problem, and asks nobody else', async ({ assert }) => {
    const document = openApiDocument()
    const { page, elsewhere, complaints } = await open(1280)
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
    assert.deepEqual(elsewhere(), [])
    assert.deepEqual(complaints, [])
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
  })

  for (const width of [375, 1280]) {
    test(`it can be read by everybody, and fits ${width} pixels`, async ({ assert }) => {
      const { page } = await open(width)
      // One of each kind, unfolded, stands for all: they are made alike, and looking takes long.
      const looked = '[id="operation/depositsStore"], [id="schema/Problem"]'
      await page.locator(`article:is(${looked}) details`).evaluateAll((all) => {
        for (const one of all) one.setAttribute('open', '')
      })
      assert.equal(await sideways(page), 0)
      assert.deepEqual(await axeViolations(page, { without: `article:not(${looked})` }), [])
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

import { test } from '@japa/runner'
import { useBrowser } from '#tests/support/browser'
import { resetAll } from '#tests/support/database'
import { createStaff, staffCookies } from '#tests/support/staff'
import { someMoney } from './pages.js'

test.group('Pages about money in a browser', (group) => {
  group.each.setup(() => resetAll())
  group.each.timeout(60_000)
  const browser = useBrowser(group)

  test('somebody finds the entry behind a number, and the provider’s record beside ours', async ({
    assert,
  }) => {
    await someMoney()
    const { page } = await browser.open()
    await page.context().addCookies(await staffCookies(await createStaff()))
    await page.goto('/console/ledger')
    await page.getByRole('link', { name: '100.00 USD' }).click()
    await page.waitForURL(/accounts\/platform_fee/)
    const entries = page.getByRole('link', { name: /^release:/ })
    await entries.first().click()
    await page.waitForURL(/ledger\/entries\/\d+/)
    await page.locator('dl.facts a[href*="/console/transactions/"]').last().click()
    await page.waitForURL(/console\/transactions\//)
    assert.match((await page.locator('h1').textContent())!, /Deposit of 1,250.50 USD/)
    await page.getByRole('link', { name: 'Ask stripe' }).click()
    await page.locator('turbo-frame pre.raw').waitFor()
    assert.match(page.url(), /transactions\/[0-9a-f-]+$/)
    assert.include(await page.locator('pre.raw').textContent(), '"payment_intent"')
  })
})

/**
 * `npm run screens`: pictures of the main pages of the console and of the public site, of the demo and at two widths, to `docs/screens`. Starts
 * the demo filled as `npm run demo` does, and signs in as a person would.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import chromium from '@sparticuz/chromium'
import pg from 'pg'
import { chromium as playwright, type Page } from 'playwright-core'
import sharp from 'sharp'
import { demoCode, DEMO_STAFF, DEMO_STAFF_PASSWORD } from '../database/demo/sign_in.js'
import { ace, script } from './surroundings/processes.js'
import { root, startSurroundings } from './surroundings/start.js'
import { untilDone } from './surroundings/until_done.js'

const WIDTHS = [1280, 375]

/** Bytes of a picture at most: they are kept in the repository. */
const LIMIT = 150_000

/** Pages by the name of their picture; `:id` is what the query finds. */
const PAGES: { name: string; path: string; find?: string; dark?: boolean }[] = [
  { name: 'dashboard', path: '/console', dark: true },
  { name: 'disputes', path: '/console/disputes' },
  {
    name: 'dispute',
    path: '/console/disputes/:id',
    find: `SELECT id FROM disputes WHERE status = 'escalated' ORDER BY id LIMIT 1`,
    dark: true,
  },
  {
    name: 'approval',
    path: '/console/approvals/:id',
    find: `SELECT id FROM approvals WHERE status = 'proposed' AND kind = 'dispute_decision' ORDER BY id LIMIT 1`,
  },
  { name: 'payouts', path: '/console/payouts' },
  {
    name: 'payout',
    path: '/console/payouts/:id',
    find: `SELECT transaction_id AS id FROM payouts WHERE state = 'failed' ORDER BY 1 LIMIT 1`,
  },
  { name: 'transactions', path: '/console/transactions' },
  {
    name: 'transaction',
    path: '/console/transactions/:id',
    find: `SELECT id FROM transactions WHERE transaction_type = 'deposit' AND status = 'completed' ORDER BY id DESC LIMIT 1`,
  },
  { name: 'ledger', path: '/console/ledger' },
  {
    name: 'project',
    path: '/console/projects/:id',
    find: `SELECT project_id AS id FROM milestones WHERE closed_reason = 'settled' ORDER BY 1 LIMIT 1`,
  },
  { name: 'users', path: '/console/users' },
  { name: 'webhooks', path: '/console/webhooks' },
  { name: 'reconciliation', path: '/console/reconciliation' },
  { name: 'jobs', path: '/console/jobs' },
  { name: 'treasury', path: '/console/treasury' },
  { name: 'audit', path: '/console/audit' },
  { name: 'settings', path: '/console/settings' },
  { name: 'site', path: '/', dark: true },
  { name: 'site-pricing', path: '/pricing' },
  { name: 'site-status', path: '/status' },
]

await untilDone(async (run) => {
  console.log('Starting the demo, filled …')
  const { processes, url, databaseUrl } = await startSurroundings(run, 'demo', { filled: true })
  processes.start('worker', ace('queue:work'))
  await processes.serve('web', script('bin/server.ts'), { interrupted: run.interrupted })
  const browser = await playwright.launch({
    executablePath: await chromium.executablePath(),
    args: ['--no-sandbox', '--disable-gpu'],
  })
  run.atEnd(() => browser.close())
  const page = await browser.newPage({ baseURL: url, reducedMotion: 'reduce' })
  // Asked and answered, so that no banner is in the way.
  await page.context().addCookies([{ name: 'site_consent', value: '1.necessary', url }])
  await signIn(page)

  const folder = join(root, 'docs', 'screens')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  let bad = 0
  for (const { name, path, find, dark } of PAGES) {
    const answer = await page.goto(await filledIn(databaseUrl, path, find))
    if (answer?.status() !== 200) {
      console.error(`${path} answered ${answer?.status()}`)
      bad++
      continue
    }
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: width > 1000 ? 900 : 812 })
      for (const scheme of dark ? (['light', 'dark'] as const) : (['light'] as const)) {
        await page.emulateMedia({ colorScheme: scheme })
        const file = `${name}-${width}${scheme === 'dark' ? '-dark' : ''}.png`
        writeFileSync(join(folder, file), await small(await page.screenshot()))
        console.log(file)
      }
    }
    await page.emulateMedia({ colorScheme: 'light' })
  }
  return bad === 0 ? 0 : 1
})

async function signIn(page: Page): Promise<void> {
  await page.goto('/console/security')
  await page.getByLabel('E-mail address').fill(DEMO_STAFF[0].email)
  await page.getByLabel('Password').fill(DEMO_STAFF_PASSWORD)
  await page.keyboard.press('Enter')
  await page.getByLabel('Code from your authenticator app').fill(demoCode())
  await page.keyboard.press('Enter')
  await page.waitForURL('**/console/security')
}

async function filledIn(databaseUrl: string, path: string, find?: string): Promise<string> {
  if (!find) return path
  const client = new pg.Client(databaseUrl)
  await client.connect()
  try {
    const { rows } = await client.query<{ id: string }>(find)
    return path.replace(':id', rows[0].id)
  } finally {
    await client.end()
  }
}

/** @throws Error for one that is too large for the repository */
async function small(picture: Buffer): Promise<Buffer> {
  const png = await sharp(picture).png({ palette: true, colours: 64, effort: 10 }).toBuffer()
  if (png.length > LIMIT) throw new Error(`A picture has ${png.length} bytes.`)
  return png
}

import { AxeBuilder } from '@axe-core/playwright'
import chromium from '@sparticuz/chromium'
import type { Group } from '@japa/runner/core'
import {
  chromium as playwright,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from 'playwright-core'

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

/** Who looks at a page: how wide their screen is, and how they like it. */
export interface Viewer extends Pick<
  BrowserContextOptions,
  'colorScheme' | 'reducedMotion' | 'javaScriptEnabled'
> {
  /** In pixels, default 1280. */
  width?: number
  /** Default: where the server of the tests is. */
  baseUrl?: string
}

/** A page, and whatever it asked for or complained of since it was opened. */
export interface Opened {
  page: Page
  /** Every address that was asked for. */
  requests: string[]
  /** What the page wrote to its console, threw, or asked for in vain. */
  complaints: string[]
  /** The requests that went to somebody else. */
  elsewhere(): string[]
  close(): Promise<void>
}

const ownServer = () => `http://${process.env.HOST}:${process.env.PORT}`

/** Starts the browser that comes with the packages. The caller closes it. */
export async function launchBrowser(): Promise<Browser> {
  return playwright.launch({ executablePath: await chromium.executablePath(), args: ARGUMENTS })
}

/**
 * One browser for all tests of a group, and for each page that is opened a context of its own: cookies of
 * one are not seen by another. What a test leaves open is closed after it.
 */
export function useBrowser(group: Group) {
  let browser: Browser
  const contexts = new Set<BrowserContext>()

  group.setup(async () => {
    browser = await launchBrowser()
    return () => browser.close()
  })
  group.each.teardown(async () => {
    await Promise.all([...contexts].map((context) => context.close()))
    contexts.clear()
  })

  return {
    /** @param path where to go first; without it the page is blank */
    async open(path?: string, viewer: Viewer = {}): Promise<Opened> {
      const opened = await openPage(browser, viewer)
      const context = opened.page.context()
      contexts.add(context)
      context.on('close', () => contexts.delete(context))
      if (path !== undefined) await opened.page.goto(path)
      return opened
    },
  }
}

/** A page in a context of its own. Addresses without a host are those of our server. */
export async function openPage(browser: Browser, viewer: Viewer = {}): Promise<Opened> {
  const { width = 1280, baseUrl: baseURL = ownServer(), ...rest } = viewer
  const context = await browser.newContext({ viewport: { width, height: 900 }, baseURL, ...rest })
  const page = await context.newPage()
  const requests: string[] = []
  const complaints: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  page.on('console', (message) => {
    // Advice of Chromium's about a canvas that a test reads, now and then.
    if (!message.text().includes('willReadFrequently')) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('requestfailed', (request) => {
    // Who goes on closes the stream of the page before.
    const isLeft =
      request.resourceType() === 'eventsource' &&
      request.failure()?.errorText === 'net::ERR_ABORTED'
    if (!isLeft) complaints.push(`failed: ${request.url()}`)
  })
  return {
    page,
    requests,
    complaints,
    elsewhere: () => requests.filter((url) => /^(https?|wss?):/.test(url) && !isOurs(url, baseURL)),
    close: () => context.close(),
  }
}

const isOurs = (url: string, base: string) => new URL(url).host === new URL(base).host

/**
 * What keeps people from reading or using a page, each with the beginning of the first place where it was
 * found; nothing, as it should be.
 *
 * @param without a selector of what is not looked at
 */
export async function axeViolations(page: Page, { without }: { without?: string } = {}) {
  const axe = new AxeBuilder({ page })
  if (without) axe.exclude(without)
  const { violations } = await axe.analyze()
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 200)}`)
}

/** By how many pixels a page is wider than its window. */
export function sideways(page: Page): Promise<number> {
  return page.locator('html').evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)
}

/**
 * Signs somebody in at the console as they do it: address and password, then the code that their app shows.
 *
 * @param who.code what the app shows at that moment
 * @param to the page that they wanted, and are led to
 */
export async function signIn(
  page: Page,
  who: { email: string; password: string; code: () => string },
  to = '/console/security'
): Promise<void> {
  await page.goto(to)
  await page.getByLabel('E-mail address').fill(who.email)
  await page.getByLabel('Password').fill(who.password)
  await page.keyboard.press('Enter')
  await page.getByLabel('Code from your authenticator app').fill(who.code())
  await page.keyboard.press('Enter')
  await page.locator('form[action="/console/sign-out"]').waitFor({ state: 'attached' })
}

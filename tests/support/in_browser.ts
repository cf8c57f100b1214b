import type { Page } from 'playwright-core'

/*
 * What runs inside a page. It is written as text, because what a browser knows is not what a server knows.
 */

/** What the browser has loaded for a page, as it says itself: bytes over the wire, all of them and those of scripts. */
export function loaded(page: Page): Promise<{ total: number; scripts: number }> {
  return page.evaluate(`(() => {
    const entries = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    const sum = (some) => some.reduce((bytes, { transferSize }) => bytes + transferSize, 0)
    return { total: sum(entries), scripts: sum(entries.filter(({ name }) => name.endsWith('.js'))) }
  })()`)
}

/** When the largest part of a page was painted, in milliseconds, and how far parts of it have moved. */
export function vitals(page: Page): Promise<{ paint: number; shift: number }> {
  return page.evaluate(`new Promise((resolve) => {
    const found = { paint: 0, shift: 0 }
    new PerformanceObserver((list) => {
      for (const { startTime } of list.getEntries()) found.paint = startTime
    }).observe({ type: 'largest-contentful-paint', buffered: true })
    new PerformanceObserver((list) => {
      for (const { value } of list.getEntries()) found.shift += value
    }).observe({ type: 'layout-shift', buffered: true })
    setTimeout(() => resolve(found), 300)
  })`)
}

/** To the end of a page, so that what waits to be near is loaded. */
export async function scrollThrough(page: Page): Promise<void> {
  await page.evaluate('scrollTo(0, document.body.scrollHeight)')
  await page.waitForTimeout(200)
  await page.waitForLoadState('networkidle')
}

/** Everything that the service worker keeps, by path. */
export function keptPaths(page: Page): Promise<string[]> {
  return page.evaluate(`(async () => {
    const paths = []
    for (const name of await caches.keys()) {
      for (const { url } of await (await caches.open(name)).keys()) paths.push(new URL(url).pathname)
    }
    return paths
  })()`)
}

/** Waits until there is a service worker, and reads the page again under it. @returns whether it is */
export async function workerReady(page: Page): Promise<boolean> {
  await page.evaluate('navigator.serviceWorker.ready.then(() => {})')
  await page.reload()
  return page.evaluate('navigator.serviceWorker.controller !== null')
}

/** Selects a text beside what the page has, all of which is unfolded. */
export async function selectSomewhere(page: Page, text: string): Promise<void> {
  await page.evaluate(`(() => {
    for (const details of document.querySelectorAll('details')) details.open = true
    const source = document.createElement('textarea')
    source.value = ${JSON.stringify(text)}
    document.body.append(source)
    source.select()
  })()`)
}

/** Names of all that the browser keeps for our pages, but for cookies that no script reads. */
export function keptBy(page: Page): Promise<string[]> {
  return page.evaluate(`(async () => [
    ...Object.keys(localStorage),
    ...Object.keys(sessionStorage),
    ...(await indexedDB.databases()).map(({ name }) => name),
    ...(await caches.keys()),
    ...(document.cookie === '' ? [] : [document.cookie]),
  ])()`)
}

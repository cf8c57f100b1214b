/**
 * Keeps the files of the public pages, whose names change with what is in them, and one page that says that there
 * is no network. Pages themselves always come from the network. The API, the console, files and streams are
 * not so much as looked at: there is no answer from here for what is not on the list.
 */
export {}

interface Build {
  version: string
  /** Paths of pages that the offline page stands in for. */
  pages: string[]
  /** Paths of files that may be kept. */
  assets: string[]
}

interface SiteWorker {
  BUILD: Build
  registration: unknown
  skipWaiting(): Promise<void>
  location: Location
  addEventListener(type: string, listen: (event: WorkerEvent) => void): void
}

interface WorkerEvent extends Event {
  request: Request
  waitUntil(work: Promise<unknown>): void
  respondWith(answer: Promise<Response>): void
}

const worker = self as unknown as SiteWorker
const { version, pages, assets } = worker.BUILD
const NAME = `site-${version}`
const OFFLINE = '/offline'
/** What the offline page needs. Pictures are kept when they were wanted once. */
const NEEDED = /\.css$/

worker.addEventListener('install', (event) => {
  const needed = [OFFLINE, ...assets.filter((path) => NEEDED.test(path))]
  event.waitUntil(
    caches
      .open(NAME)
      .then((cache) => cache.addAll(needed))
      // Nothing of the build before is needed by a page of this one: pages come from the network.
      .then(() => worker.skipWaiting())
  )
})

worker.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => names.filter((name) => name.startsWith('site-') && name !== NAME))
      // Pages that are open go on without it: half of what they load would come past it.
      .then((old) => Promise.all(old.map((name) => caches.delete(name))))
  )
})

worker.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== worker.location.origin) return
  if (request.mode === 'navigate') {
    if (pages.includes(pathname)) event.respondWith(fromNetwork(request))
  } else if (assets.includes(pathname)) {
    event.respondWith(kept(request))
  }
})

async function fromNetwork(request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch (error) {
    const offline = await caches.match(OFFLINE, { cacheName: NAME })
    if (offline) return offline
    throw error
  }
}

async function kept(request: Request): Promise<Response> {
  const cache = await caches.open(NAME)
  const found = await cache.match(request.url)
  if (found) return found
  const answer = await fetch(request)
  if (answer.status === 200 && answer.type === 'basic') await cache.put(request.url, answer.clone())
  return answer
}

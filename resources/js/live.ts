import * as Turbo from '@hotwired/turbo'

/**
 * A page whose body says `data-live` shows things that change while one waits. The server says when; the page
 * is read again and morphed, so that what is opened stays. Who fills in a form is only told, by a line with a
 * link. A page that nobody looks at follows nothing, for a browser has few connections; it is read again when
 * somebody does.
 */
let stream: EventSource | undefined
let isStale = false
let isReading = false
let lastRead = 0
let later: number | undefined

/** Milliseconds between two readings, so that a busy list can be read, and before a refused stream is asked for again. */
const READ_EVERY = 3000
const ASK_EVERY = 30_000

document.addEventListener('turbo:load', () => {
  lastRead = Date.now()
  const topic = document.body.dataset.live
  // Read again, it is the same page and goes on with the same stream.
  if (stream && topic && stream.url.endsWith(`/console/live/${topic}`)) return
  close()
  isStale = false
  open()
})

document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') return close()
  if (!document.body.dataset.live || stream) return
  changed()
  open()
})

window.addEventListener('pagehide', () => close())

function open(): void {
  const topic = document.body.dataset.live
  if (!topic || stream || document.visibilityState === 'hidden') return
  const opened = (stream = new EventSource(`/console/live/${topic}`))
  let wasLost = false
  opened.addEventListener('message', ({ data }) => {
    // A ping, which keeps proxies from closing a quiet stream, says nothing.
    if (JSON.parse(data).channel === `console/${topic}`) changed()
  })
  opened.addEventListener('open', () => {
    // Nobody knows what happened while it was lost.
    if (wasLost) changed()
    wasLost = false
  })
  opened.addEventListener('error', () => {
    wasLost = true
    // It tries again by itself, unless it was refused.
    if (opened.readyState !== EventSource.CLOSED || stream !== opened) return
    stream = undefined
    setTimeout(open, ASK_EVERY)
  })
}

function close(): void {
  stream?.close()
  stream = undefined
}

function changed(): void {
  isStale = true
  readAgain()
}

/** The reading is the page's, not its viewer's: it does not keep anybody signed in. */
document.addEventListener('turbo:before-fetch-request', (event) => {
  const { fetchOptions } = (event as CustomEvent<{ fetchOptions: RequestInit }>).detail
  if (isReading) (fetchOptions.headers as Record<string, string>)['X-Console-Live'] = '1'
  isReading = false
})

function readAgain(): void {
  if (!isStale || document.visibilityState !== 'visible') return
  if (isBusy()) return tell()
  clearTimeout(later)
  const wait = lastRead + READ_EVERY - Date.now()
  if (wait > 0) {
    later = setTimeout(readAgain, wait)
    return
  }
  isStale = false
  isReading = true
  lastRead = Date.now()
  Turbo.visit(location.href, { action: 'replace' })
}

/** Somebody fills in a form, has opened one, or has chosen rows: it is theirs until they leave it. */
function isBusy(): boolean {
  if (document.activeElement?.closest('main form, .search')) return true
  if (document.querySelector('main details.action[open], main dialog[open]')) return true
  const fields = document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>(
    // What has no name is sent nowhere: a slider that only moves a number.
    'main form[method="post"] :is(input[name], textarea), main input[type="checkbox"]'
  )
  return [...fields].some((field) =>
    field instanceof HTMLInputElement && /checkbox|radio/.test(field.type)
      ? field.checked !== field.defaultChecked
      : field.value !== field.defaultValue
  )
}

function tell(): void {
  const main = document.querySelector('main')
  if (!main || main.querySelector('#live-notice')) return
  const notice = document.createElement('p')
  notice.id = 'live-notice'
  notice.className = 'notice waiting'
  notice.setAttribute('role', 'status')
  const link = document.createElement('a')
  link.href = location.href
  link.textContent = 'read it again'
  notice.append(
    'Something on this page has changed since: ',
    link,
    '. What you typed would be lost.'
  )
  main.prepend(notice)
}

import * as Turbo from '@hotwired/turbo'

/**
 * A page whose body says `data-live` shows things that change while one waits. The server says when; the page
 * is read again and morphed, so that what is typed or opened stays.
 */
let stream: EventSource | undefined

document.addEventListener('turbo:load', () => {
  stream?.close()
  const topic = document.body.dataset.live
  if (!topic) return
  stream = new EventSource(`/console/live/${topic}`)
  stream.addEventListener('message', () => {
    const typing = document.activeElement?.closest('form[method="post"]')
    if (!typing && document.visibilityState === 'visible')
      Turbo.visit(location.href, { action: 'replace' })
  })
})

document.addEventListener('turbo:before-cache', () => stream?.close())

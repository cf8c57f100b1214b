import type { HttpContext } from '@adonisjs/core/http'
import emitter from '@adonisjs/core/services/emitter'
import { facts } from '#site/facts'
import { statusPage } from '#controllers/site/status_controller'
import { status } from '#site/status'

/** Where the server of the tests is. */
export const siteBase = () => `http://${process.env.HOST}:${process.env.PORT}`

/** An answer of the public site, asked for as a browser asks for a page. */
export async function ask(path: string, init: RequestInit = {}) {
  const answer = await fetch(siteBase() + path, {
    redirect: 'manual',
    ...init,
    headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', ...init.headers },
  })
  return { status: answer.status, headers: answer.headers, text: await answer.text() }
}

/** A form of a page of ours, as browsers send it. */
export function sendForm(
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {}
) {
  return ask(path, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers: { 'sec-fetch-site': 'same-origin', ...headers },
  })
}

/** Pages are kept for a while; a test that has changed what they say does not want to wait. */
export function forgetPages(): void {
  facts.forget()
  status.forget()
  statusPage.forget()
}

/** What an element of a page says: its attribute, with entities as what they stand for. */
export function attribute(page: string, element: RegExp, name: string): string | undefined {
  const tag = element.exec(page)?.[0] ?? ''
  return plain(new RegExp(`${name}="([^"]*)"`).exec(tag)?.[1])
}

export function plain(text: string | undefined): string | undefined {
  return text
    ?.replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&#x27;', "'")
    .replaceAll('&#x2F;', '/')
    .replaceAll('&amp;', '&')
}

/** The words of a page, without what is between them. */
export function wordsOf(page: string): string {
  const main = /<main[^]*<\/main>/.exec(page)?.[0] ?? ''
  return plain(main.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' '))!
}

/** What browsers have sent to be measured, as it came to the server, and how it was answered. */
export function vitalsArriving() {
  const arrived: { body: any; status: number }[] = []
  const note = ({ ctx }: { ctx: HttpContext }) => {
    if (ctx.request.url() !== '/site/vitals') return
    arrived.push({ body: ctx.request.body(), status: ctx.response.getStatus() })
  }
  emitter.on('http:request_completed', note)
  return { arrived, stop: () => emitter.off('http:request_completed', note) }
}

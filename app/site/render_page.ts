import edge from 'edge.js'
import app from '@adonisjs/core/services/app'
import { answerOf, type Answer } from '#site/answer'
import { builtFile, fontFiles, pictureFile } from '#site/build'
import { facts } from '#site/facts'
import { answersFor, days, either, listed, type HelpTopic } from '#site/help'
import { siteOwner, type Owner } from '#site/owner'
import { PAGES, type SitePage } from '#site/pages'
import { structuredData } from '#site/structured_data'

interface Rendered {
  /** What the page was made of. */
  of: unknown
  answer: Answer
}

const rendered = new Map<string, Rendered>()

/** A page as it is sent. It is made again only when what it says has changed. */
export async function renderedPage(page: SitePage): Promise<Answer> {
  const known = await facts()
  const before = rendered.get(page.name)
  if (before?.of === known && !app.inDev) return before.answer
  const answers = page.name === 'help' ? answersFor(known, siteOwner()) : []
  const html = await renderView(page, { facts: known, answers })
  const answer = answerOf(html)
  rendered.set(page.name, { of: known, answer })
  return answer
}

/**
 * The view of a page inside the frame of all pages.
 *
 * @param data what the view shows beside what every page has
 */
export async function renderView(
  page: SitePage,
  data: { answers?: HelpTopic[] } & Record<string, unknown>
): Promise<string> {
  const owner = siteOwner()
  return render(page.name, {
    ...data,
    page,
    canonical: owner.url + page.path,
    structured: structuredData(page, owner, builtFile('icon512'), data.answers ?? []),
  })
}

/** What browsers show that have no network: it needs nothing that is not kept with it. */
export async function renderOffline(): Promise<string> {
  return render('offline', { page: { name: 'offline', title: 'You are offline | SafeSend' } })
}

/** What was not found, or failed, for people. */
export async function renderFailure(failure: {
  title: string
  detail: string
  first?: { path: string; label: string }
  requestId: string
}): Promise<string> {
  return render('failure', { page: { name: 'failure', title: failure.title }, failure })
}

/** All of it is shared: a component of a view sees nothing else. */
function render(view: string, data: Record<string, unknown>): Promise<string> {
  const renderer = edge.createRenderer()
  const owner = siteOwner()
  renderer.share({
    pages: PAGES,
    owner,
    ownerInWords: inWords(owner),
    fonts: fontFiles(),
    builtFile,
    pictureFile,
    either,
    listed,
    days,
    ...data,
  })
  return renderer.render(`site/${view}`)
}

/** Who runs this, as markup for legal pages, which show where that belongs when it is not known. */
function inWords({ company, address }: Owner): string {
  const { escape } = edge.globals.html
  if (!company) return '<mark>[name and address of the company]</mark>'
  return `<strong>${escape(company)}</strong>${address ? `, ${escape(address)}` : ''}`
}

import type { HelpTopic } from '#site/help'
import type { Owner } from '#site/owner'
import type { SitePage } from '#site/pages'

/**
 * What a page says of itself to search engines (https://schema.org), as a data block. Browsers do
 * not run it, so the policy lets it be.
 *
 * @param logo path of a square picture
 * @param topics questions and answers that are on the page
 */
export function structuredData(
  page: SitePage,
  owner: Owner,
  logo: string,
  topics: HelpTopic[]
): string {
  const organization = `${owner.url}/#organization`
  const website = `${owner.url}/#website`
  const graph: object[] = [
    {
      '@type': 'Organization',
      '@id': organization,
      'name': 'SafeSend',
      ...(owner.company && { legalName: owner.company }),
      ...(owner.address && { address: owner.address }),
      'url': `${owner.url}/`,
      'logo': owner.url + logo,
      'contactPoint': {
        '@type': 'ContactPoint',
        'contactType': 'customer support',
        'email': owner.support,
      },
    },
    {
      '@type': 'WebSite',
      '@id': website,
      'name': 'SafeSend',
      'url': `${owner.url}/`,
      'inLanguage': 'en',
      'publisher': { '@id': organization },
    },
    {
      '@type': 'WebPage',
      '@id': `${owner.url}${page.path}#page`,
      'name': page.title,
      'description': page.description,
      'url': owner.url + page.path,
      'inLanguage': 'en',
      'isPartOf': { '@id': website },
    },
  ]
  if (page.path !== '/') graph.push(breadcrumbs(page, owner))
  if (topics.length > 0) graph.push(questions(page, owner, topics))
  // No text of ours may end the element that it stands in.
  const text = JSON.stringify({ '@context': 'https://schema.org', '@graph': graph })
  return `<script type="application/ld+json">${text.replaceAll('<', '\\u003c')}</script>`
}

function breadcrumbs(page: SitePage, owner: Owner) {
  const item = (position: number, name: string, path: string) => ({
    '@type': 'ListItem',
    position,
    name,
    'item': owner.url + path,
  })
  return {
    '@type': 'BreadcrumbList',
    'itemListElement': [item(1, 'SafeSend', '/'), item(2, page.label, page.path)],
  }
}

function questions(page: SitePage, owner: Owner, topics: HelpTopic[]) {
  return {
    '@type': 'FAQPage',
    '@id': `${owner.url}${page.path}#questions`,
    'mainEntity': topics.flatMap(({ questions: asked }) =>
      asked.map(({ question, answer }) => ({
        '@type': 'Question',
        'name': question,
        'acceptedAnswer': { '@type': 'Answer', 'text': answer.join(' ') },
      }))
    ),
  }
}

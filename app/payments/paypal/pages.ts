import { look, rest } from './client.js'

interface Page {
  links?: { href?: string; rel?: string }[]
}

/**
 * The pages of a list that names its next page by a link. Only what the link asks for is taken from it,
 * never where it leads.
 *
 * @throws ProviderFailure `unknown` or `retry`
 */
export async function* followingPages<T extends Page>(
  path: string,
  query: Record<string, string | number>
): AsyncGenerator<T> {
  const asked = new Set<string>()
  let wanted: Record<string, string | number> | undefined = query
  while (wanted) {
    const page: T = await look(rest<T>('GET', path, { query: wanted }))
    yield page
    const next: string | undefined = page.links?.find(({ rel }) => rel === 'next')?.href
    // A list that leads back to where we were would never end.
    if (!next || asked.has(next)) return
    asked.add(next)
    wanted = Object.fromEntries(new URL(next, 'https://paypal.com').searchParams)
  }
}

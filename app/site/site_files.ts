import { PAGES } from '#site/pages'
import type { builtFile } from '#site/build'

/** For search engines: everything but what belongs to staff, to programs, and to nobody. */
export function robots(url: string): string {
  const closed = ['/console', '/api', '/files', '/avatars', '/__transmit', '/health', '/offline']
  return [
    'User-agent: *',
    ...closed.map((path) => `Disallow: ${path}`),
    '',
    `Sitemap: ${url}/sitemap.xml`,
    '',
  ].join('\n')
}

/**
 * Every page with the day of its last change.
 *
 * @param settingsChanged when a setting was last changed, which changes the pages that show settings
 */
export function sitemap(url: string, settingsChanged: Date | null): string {
  const settingsDay = settingsChanged?.toISOString().slice(0, 10) ?? ''
  const entries = PAGES.map((page) => {
    const isLater = 'showsSettings' in page && settingsDay > page.changed
    const day = isLater ? settingsDay : page.changed
    return `  <url><loc>${escaped(url + page.path)}</loc><lastmod>${day}</lastmod></url>`
  })
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
    ...entries,
    '</urlset>',
    '',
  ].join('\n')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

/** @param path of a built picture */
export function webManifest(path: typeof builtFile) {
  const icon = (src: string, size: number, purpose = 'any') => ({
    src,
    sizes: `${size}x${size}`,
    type: 'image/png',
    purpose,
  })
  return {
    name: 'SafeSend',
    short_name: 'SafeSend',
    description: 'Escrow for freelance work, milestone by milestone.',
    lang: 'en',
    id: '/',
    start_url: '/',
    scope: '/',
    display: 'browser',
    background_color: '#faf8f3',
    theme_color: '#0d5443',
    icons: [
      icon(path('icon192'), 192),
      icon(path('icon512'), 512),
      icon(path('maskable'), 512, 'maskable'),
    ],
  }
}

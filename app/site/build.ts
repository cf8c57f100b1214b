import { readFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import app from '@adonisjs/core/services/app'
import vite from '@adonisjs/vite/services/main'
import { PAGES } from '#site/pages'

/** Pictures that pages, the manifest and other sites name, by what they are. */
const FILES = {
  mark: 'resources/site/mark.svg',
  favicon: 'resources/site/favicon.ico',
  appleTouchIcon: 'resources/site/apple-touch-icon.png',
  icon192: 'resources/site/icon-192.png',
  icon512: 'resources/site/icon-512.png',
  maskable: 'resources/site/icon-maskable-512.png',
  card: 'resources/site/card.png',
}

/** Path of a built file, whose name changes with what is in it. */
export function builtFile(name: keyof typeof FILES): string {
  return vite.assetPath(FILES[name])
}

/** Path of a picture of the product, in one of the sizes and formats that it was made in. */
export function pictureFile(name: string, kind: string): string {
  return vite.assetPath(`resources/site/${name}-${kind}`)
}

/** Bytes of one of them, for addresses that browsers ask for without being told. */
export function readBuilt(name: keyof typeof FILES): Promise<Buffer> {
  const isSource = vite.getDevServer() !== undefined
  return readFile(isSource ? app.makePath(FILES[name]) : app.publicPath(builtFile(name).slice(1)))
}

/** Fonts that every page begins with. */
const FONTS = [
  'node_modules/@fontsource-variable/public-sans/files/public-sans-latin-wght-normal.woff2',
  'node_modules/@fontsource-variable/source-serif-4/files/source-serif-4-latin-wght-normal.woff2',
]

/** Their paths, to be loaded before the style sheet asks for them. */
export function fontFiles(): string[] {
  return FONTS.map((font) => vite.assetPath(font))
}

const PICTURES = 'resources/site/'
const WORKER = 'resources/js/service_worker.ts'

/**
 * The service worker of this build: what it may keep, and its code. Scripts and fonts are not among it: pages have
 * them loaded ahead, which browsers may do past a worker and then load them again. They are kept for a year
 * without one. The first line changes with every build, so browsers know that there is another.
 *
 * @returns undefined while Vite itself hands out the assets
 */
export async function serviceWorker(): Promise<string | undefined> {
  if (vite.getDevServer()) return undefined
  const manifest = vite.manifest()
  const pictures = Object.keys(manifest).filter((name) => name.startsWith(PICTURES))
  const sources = ['resources/css/site.css', ...pictures]
  const assets = sources.map((source) => manifest[source].file).sort()
  const code = await readFile(app.publicPath('assets', manifest[WORKER].file), 'utf8')
  const hash = createHash('sha256').update(JSON.stringify(assets)).update(code).digest('hex')
  const build = {
    version: hash.slice(0, 16),
    pages: PAGES.map(({ path }) => path),
    assets: assets.map((file) => `/assets/${file}`),
  }
  return `self.BUILD=${JSON.stringify(build)};\n${code}`
}

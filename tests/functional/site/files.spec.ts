import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import app from '@adonisjs/core/services/app'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { PAGES } from '#site/pages'
import { resetAll } from '#tests/support/database'
import { ask, forgetPages, siteBase } from '#tests/support/site'

const picture = async (path: string) => {
  const answer = await fetch(siteBase() + path)
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`)
  return Buffer.from(await answer.arrayBuffer())
}

test.group('Files of the public site', (group) => {
  group.each.setup(resetAll)
  group.each.setup(() => {
    forgetPages()
    return forgetPages
  })

  test('the sitemap has every page and nothing else, with the day on which it changed', async ({
    assert,
  }) => {
    const { headers, text } = await ask('/sitemap.xml')
    assert.match(headers.get('content-type')!, /^application\/xml/)
    const found = [...text.matchAll(/<loc>([^<]+)<\/loc><lastmod>([\d-]+)<\/lastmod>/g)]
    assert.deepEqual(
      found.map(([, loc]) => loc),
      PAGES.map(({ path }) => siteBase() + path)
    )
    assert.deepEqual(
      found.map(([, , day]) => day),
      PAGES.map(({ changed }) => changed)
    )
  })

  test('a page that shows settings has changed when they have', async ({ assert }) => {
    await db.table('settings').insert({
      name: 'platform_fee_bps',
      version: 1,
      value: '900',
      changed_by: 'operator',
      created_at: '2031-05-04T12:00:00Z',
    })
    forgetPages()
    const { text } = await ask('/sitemap.xml')
    for (const page of PAGES) {
      const day = 'showsSettings' in page ? '2031-05-04' : page.changed
      assert.include(text, `<loc>${siteBase()}${page.path}</loc><lastmod>${day}</lastmod>`)
    }
  })

  test('robots.txt keeps search engines to the pages, and names the sitemap', async ({
    assert,
  }) => {
    const { headers, text } = await ask('/robots.txt')
    assert.match(headers.get('content-type')!, /^text\/plain/)
    const closed = [...text.matchAll(/^Disallow: (.+)$/gm)].map(([, path]) => path)
    assert.includeMembers(closed, ['/console', '/api', '/files'])
    for (const { path } of PAGES) {
      assert.isFalse(
        closed.some((each) => path.startsWith(each)),
        path
      )
    }
    assert.include(text, `Sitemap: ${siteBase()}/sitemap.xml`)
  })

  test('icons are there, in the sizes that they are said to have', async ({ assert }) => {
    const { headers, text } = await ask('/site.webmanifest')
    assert.match(headers.get('content-type')!, /^application\/manifest\+json/)
    const manifest = JSON.parse(text)
    assert.equal(manifest.name, 'SafeSend')
    assert.equal(manifest.scope, '/')
    const purposes = manifest.icons.map((icon: any) => `${icon.sizes} ${icon.purpose}`)
    assert.deepEqual(purposes, ['192x192 any', '512x512 any', '512x512 maskable'])
    for (const { src, sizes } of manifest.icons) {
      const { width, height, format } = await sharp(await picture(src)).metadata()
      assert.deepEqual([format, `${width}x${height}`], ['png', sizes], src)
    }
    const touch = await sharp(await picture('/apple-touch-icon.png')).metadata()
    assert.deepEqual([touch.width, touch.height, touch.hasAlpha], [180, 180, false])
    const [, card] = /property="og:image" content="[^"]*?(\/assets[^"]+)"/.exec(
      (await ask('/')).text
    )!
    const { width, height } = await sharp(await picture(card)).metadata()
    assert.deepEqual([width, height], [1200, 630])
  })

  test('the maskable icon has its drawing where no mask cuts it', async ({ assert }) => {
    const { text } = await ask('/site.webmanifest')
    const [, , { src }] = JSON.parse(text).icons
    const { data, info } = await sharp(await picture(src))
      .raw()
      .toBuffer({ resolveWithObject: true })
    const at = (x: number, y: number) =>
      data.subarray((y * info.width + x) * info.channels, (y * info.width + x) * info.channels + 3)
    const ground = at(0, 0)
    for (let angle = 0; angle < 360; angle += 3) {
      // The safe zone is a circle of 40 % of the width: https://www.w3.org/TR/appmanifest/#icon-masks
      const radius = 0.41 * info.width
      const x = Math.round(info.width / 2 + radius * Math.cos((angle * Math.PI) / 180))
      const y = Math.round(info.height / 2 + radius * Math.sin((angle * Math.PI) / 180))
      assert.isTrue(at(x, y).equals(ground), `at ${angle} degrees`)
    }
  })

  test('favicon.ico has three pictures, each as large as its table says', async ({ assert }) => {
    const ico = await picture('/favicon.ico')
    assert.deepEqual([ico.readUInt16LE(0), ico.readUInt16LE(2), ico.readUInt16LE(4)], [0, 1, 3])
    const sizes: number[] = []
    for (let entry = 0; entry < 3; entry++) {
      const at = 6 + 16 * entry
      const [length, offset] = [ico.readUInt32LE(at + 8), ico.readUInt32LE(at + 12)]
      const { width, format } = await sharp(ico.subarray(offset, offset + length)).metadata()
      assert.deepEqual([width, format], [ico.readUInt8(at), 'png'])
      sizes.push(width!)
    }
    assert.deepEqual(sizes, [16, 32, 48])
  })

  test('what a page loads is kept for good under its name, and compressed where that helps', async ({
    assert,
  }) => {
    const { text } = await ask('/')
    const assets = [...text.matchAll(/"(\/assets\/[^"\s]+)/g)].map(([, path]) => path)
    assert.isAbove(assets.length, 5)
    for (const path of new Set(assets)) {
      const { status, headers } = await ask(path, { headers: { 'accept-encoding': 'br, gzip' } })
      assert.equal(status, 200, path)
      assert.equal(headers.get('cache-control'), 'public, max-age=31536000, immutable', path)
      assert.match(path, /-[\w-]{8}\.\w+$/, 'its name has a hash')
      const isText = /\.(js|css|svg)$/.test(path)
      assert.equal(headers.get('content-encoding'), isText ? 'br' : null, path)
      assert.equal(headers.get('x-content-type-options'), 'nosniff')
    }
  })

  test('a compressed file is the file, also for who takes only one way or none', async ({
    assert,
  }) => {
    const { text } = await ask('/')
    const [, path] = /href="(\/assets\/site-[^"]+\.css)"/.exec(text)!
    const file = await readFile(app.publicPath(path.slice(1)), 'utf8')
    for (const [accepted, encoding] of [
      ['br', 'br'],
      ['gzip', 'gzip'],
      ['identity', null],
      ['gzip;q=0, identity', null],
    ]) {
      const answer = await ask(path, { headers: { 'accept-encoding': accepted! } })
      assert.equal(answer.headers.get('content-encoding'), encoding)
      assert.equal(answer.text, file)
      assert.match(answer.headers.get('content-type')!, /^text\/css/)
      assert.include(answer.headers.get('vary'), 'Accept-Encoding')
    }
    assert.equal((await ask('/assets/nothing.css')).status, 404)
    assert.equal((await ask('/assets/..%2fpackage.json.br')).status, 404)
  })

  test('the service worker is of this build, lists nothing of the console, and is asked for anew', async ({
    assert,
  }) => {
    const { status, headers, text } = await ask('/sw.js')
    assert.equal(status, 200)
    assert.match(headers.get('content-type')!, /^text\/javascript/)
    assert.equal(headers.get('cache-control'), 'no-cache')
    const build = JSON.parse(/^self\.BUILD=(\{.*\});$/m.exec(text)![1])
    assert.deepEqual(
      build.pages,
      PAGES.map(({ path }) => path)
    )
    assert.isAbove(build.assets.length, 5)
    for (const path of build.assets) {
      assert.equal((await ask(path)).status, 200, path)
      assert.match(path, /^\/assets\//)
      assert.notMatch(path, /console|\.js$|\.woff2$/)
    }
    const home = (await ask('/')).text
    const [, css] = /href="(\/assets\/site-[^"]+\.css)"/.exec(home)!
    assert.include(build.assets, css)
  })

  test('the page for who is offline stands on its own', async ({ assert }) => {
    const { status, text } = await ask('/offline')
    assert.equal(status, 200)
    assert.include(text, 'You are offline')
    assert.notInclude(text, '<script')
    assert.match(text, /<meta name="robots" content="noindex" \/>/)
  })
})

/**
 * `npm run images`: icons of every size from `resources/site/mark.svg`, the card that others show beside a link,
 * and the picture of the product from `docs/screens`. They are committed; run it when one of these has changed.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import chromium from '@sparticuz/chromium'
import { chromium as playwright } from 'playwright-core'
import sharp from 'sharp'
import { root } from './surroundings/start.js'

const folder = join(root, 'resources', 'site')
const fonts = join(root, 'node_modules', '@fontsource-variable')

const write = (name: string, content: Buffer) => {
  writeFileSync(join(folder, name), content)
  console.log(`${name}: ${content.length} bytes`)
}

const drawn = (svg: string, size: number) =>
  sharp(join(folder, svg), { density: (72 * size) / 64 })
    .resize(size, size)
    .png({ compressionLevel: 9, palette: true })
    .toBuffer()

write('icon-192.png', await drawn('mark.svg', 192))
write('icon-512.png', await drawn('mark.svg', 512))
write('icon-maskable-512.png', await drawn('mark_maskable.svg', 512))
// iOS rounds the corners itself, and paints what is transparent black.
write('apple-touch-icon.png', await drawn('mark_maskable.svg', 180))
write('favicon.ico', ico(await Promise.all([16, 32, 48].map((size) => drawn('mark.svg', size)))))
write('card.png', await card())
for (const scheme of ['', '-dark']) {
  const screen = join(root, 'docs', 'screens', `dispute-1280${scheme}.png`)
  for (const width of [640, 1280]) {
    const scaled = sharp(screen).resize(width)
    const name = `dispute-${width}${scheme}`
    write(`${name}.avif`, await scaled.clone().avif({ quality: 55, effort: 7 }).toBuffer())
    write(`${name}.webp`, await scaled.clone().webp({ quality: 78, effort: 6 }).toBuffer())
    // For what knows neither, and has no dark colours.
    if (width === 640 && !scheme) {
      write(`${name}.png`, await scaled.clone().png({ palette: true, colours: 48 }).toBuffer())
    }
  }
}

/** An ICO file is a table of pictures, which may be PNG: https://en.wikipedia.org/wiki/ICO_(file_format) */
function ico(pictures: Buffer[]): Buffer {
  const head = Buffer.alloc(6 + 16 * pictures.length)
  head.writeUInt16LE(1, 2)
  head.writeUInt16LE(pictures.length, 4)
  let offset = head.length
  for (const [index, picture] of pictures.entries()) {
    const at = 6 + 16 * index
    head.writeUInt8(picture.readUInt32BE(16), at)
    head.writeUInt8(picture.readUInt32BE(20), at + 1)
    head.writeUInt16LE(1, at + 4)
    head.writeUInt16LE(32, at + 6)
    head.writeUInt32LE(picture.length, at + 8)
    head.writeUInt32LE(offset, at + 12)
    offset += picture.length
  }
  return Buffer.concat([head, ...pictures])
}

/** Drawn by a browser, which has our fonts. */
async function card(): Promise<Buffer> {
  const font = (family: string, file: string) => {
    const data = readFileSync(join(fonts, file)).toString('base64')
    return `@font-face { font-family: '${family}'; font-weight: 100 900; src: url(data:font/woff2;base64,${data}); }`
  }
  const mark = readFileSync(join(folder, 'mark.svg'), 'utf8')
  const browser = await playwright.launch({
    executablePath: await chromium.executablePath(),
    args: ['--no-sandbox', '--disable-gpu'],
  })
  try {
    const page = await browser.newPage({ viewport: { width: 1200, height: 630 } })
    await page.setContent(`<!doctype html><style>
      ${font('Serif', 'source-serif-4/files/source-serif-4-latin-wght-normal.woff2')}
      ${font('Sans', 'public-sans/files/public-sans-latin-wght-normal.woff2')}
      body { margin: 0; width: 1200px; height: 630px; box-sizing: border-box; padding: 72px 80px; background: #faf8f3;
        color: #17231e; font: 30px/1.45 Sans; display: flex; flex-direction: column; border-bottom: 18px solid #0d5443; }
      .brand { display: flex; gap: 20px; align-items: center; font-weight: 650; font-size: 34px; }
      .brand svg { width: 64px; height: 64px; }
      h1 { font: 560 84px/1.06 Serif; letter-spacing: -0.015em; margin: auto 0 28px; max-width: 980px; }
      p { margin: 0; color: #55635c; max-width: 940px; }
      </style><div class="brand">${mark} SafeSend</div>
      <h1>Paid when the work is done. Held until then.</h1>
      <p>Escrow for freelance work, milestone by milestone.</p>`)
    await page.evaluate('document.fonts.ready')
    return await sharp(await page.screenshot())
      .png({ palette: true, colours: 64, effort: 10 })
      .toBuffer()
  } finally {
    await browser.close()
  }
}

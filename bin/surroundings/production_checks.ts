/** What a build for production is asked to do: whatever reads a file or loads a package only when it is needed. */
import sharp from 'sharp'
import type { Person } from '../demo/main_job.js'
import { waitFor } from './wait.js'

/** Views and a style sheet, the schemas of answers, and a Markdown reader. */
export async function checkDocuments(url: string): Promise<void> {
  const page = await fetched(`${url}/docs`, 'text/html')
  const style = /<link[^>]+href="([^"]+\.css[^"]*)"/.exec(page.toString())?.[1]
  if (!style) throw new Error('/docs has no style sheet.')
  await fetched(new URL(style, `${url}/docs`).href, 'text/css')
  const json = await fetched(`${url}/openapi.json`, 'application/json')
  const document = JSON.parse(json.toString())
  for (const name of ['User', 'Transaction', 'Notification']) {
    if (!document.components.schemas[name]?.properties) throw new Error(`No schema of ${name}.`)
  }
  await fetched(`${url}/problems/validation_failed`, 'text/html')
  for (const asset of page.toString().matchAll(/(?:src|href)="([^"#][^"]*)"/g)) {
    const address = new URL(asset[1], `${url}/docs`)
    if (address.origin === url) await fetched(address.href)
  }
}

/** The sign-in of the console, with its style sheet and its script as Vite has built them. */
export async function checkConsole(url: string): Promise<void> {
  const page = await fetched(`${url}/console/sign-in`, 'text/html')
  const assets = [...page.toString().matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)]
  const kinds = assets.map(([, path]) => path.slice(path.lastIndexOf('.')))
  for (const kind of ['.css', '.js']) {
    if (!kinds.includes(kind)) throw new Error(`The sign-in of the console has no ${kind}.`)
  }
  for (const [, path] of assets) await fetched(`${url}${path}`)
}

/** Public pages with all that they load, and what browsers ask for by themselves. */
export async function checkSite(url: string): Promise<void> {
  for (const path of ['/', '/pricing', '/help', '/status', '/cookies', '/offline']) {
    const page = await fetched(`${url}${path}`, 'text/html')
    for (const [, asset] of page.toString().matchAll(/"(\/assets\/[^"\s]+)/g)) {
      await fetched(`${url}${asset}`)
    }
  }
  for (const path of [
    '/sw.js',
    '/robots.txt',
    '/sitemap.xml',
    '/site.webmanifest',
    '/favicon.ico',
  ]) {
    await fetched(`${url}${path}`)
  }
}

/** Fonts, and the packages that write PDF, CSV, pictures, QR codes and zip files. */
export async function checkFiles(
  url: string,
  person: Person,
  interrupted: AbortSignal
): Promise<void> {
  const { email, password } = person
  const { access_token: token } = await person.api.post('auth/login', { email, password })
  const headers = { authorization: `Bearer ${token}` }

  const transactions = (await person.api.get('payments/transactions?limit=100')) as any[]
  const { id } = transactions.find(({ transaction_type }) => transaction_type === 'deposit')
  const receipt = await fetched(
    `${url}/api/payments/transactions/${id}/receipt`,
    'application/pdf',
    { headers }
  )
  if (!receipt.includes('DejaVuSans')) throw new Error('The receipt has none of its fonts.')
  const year = new Date().getUTCFullYear()
  const statement = `${url}/api/payments/statement?from=${year}-01-01&to=${year + 1}-01-01`
  await fetched(statement, 'text/csv', { headers })

  const picture = await sharp({
    create: { width: 64, height: 64, channels: 3, background: 'teal' },
  })
    .png()
    .toBuffer()
  const form = new FormData()
  form.set('avatar', new Blob([new Uint8Array(picture)]), 'me.png')
  const upload = { method: 'POST', headers, body: form }
  const profile = await fetched(`${url}/api/users/upload-avatar`, 'application/json', upload)
  await fetched(new URL(JSON.parse(profile.toString()).data.avatar, url).href, 'image/webp')

  const enrollment = await person.api.post('auth/mfa/enroll', { password })
  if (!enrollment.qr_code) throw new Error('There is no QR code.')

  const wanted = await person.api.post('users/export')
  await waitFor(
    'the export',
    async () => {
      const [made] = (await person.api.get('users/exports')) as any[]
      if (made.status === 'failed') throw new Error('The export failed.')
      return made.status === 'ready'
    },
    { interrupted }
  )
  const link = await person.api.get(`users/exports/${wanted.id}/download`)
  const zip = await fetched(link.url)
  if (zip.subarray(0, 2).toString() !== 'PK') throw new Error('The export is no zip file.')
}

/** What an address answers with 200, after redirects. @throws Error for another status, or another type */
async function fetched(address: string, type = '', init?: RequestInit): Promise<Buffer> {
  const response = await fetch(address, init)
  const bytes = Buffer.from(await response.arrayBuffer())
  const found = response.headers.get('content-type') ?? ''
  if (!response.ok) {
    throw new Error(`${address} answered ${response.status}: ${bytes.toString().slice(0, 500)}`)
  }
  if (!found.startsWith(type)) throw new Error(`${address} is ${found} and not ${type}.`)
  if (bytes.length === 0) throw new Error(`${address} is empty.`)
  return bytes
}

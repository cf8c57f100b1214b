/**
 * Builds for production, installs what production installs, boots that, and has it do whatever reads a file
 * or loads a package only when it is needed: what a build leaves behind shows here.
 */
import { join } from 'node:path'
import sharp from 'sharp'
import { Collector } from '../../tests/support/collector.js'
import { playMainJob, type Person } from '../demo/main_job.js'
import { demoProvider } from '../demo/providers.js'
import { Story } from '../demo/story.js'
import { ace, script } from './processes.js'
import { root } from './start.js'
import { temporarySurroundings } from './temporary.js'
import { untilDone } from './until_done.js'
import { waitFor, waitForOk } from './wait.js'

await untilDone(async (run) => {
  const surroundings = await temporarySurroundings(run, 'production', 'production')
  const { processes, url } = surroundings
  const { interrupted } = run
  const cwd = join(root, 'build')
  const step = async <T>(what: string, work: Promise<T>): Promise<T> => {
    const started = Date.now()
    const result = await work
    console.log(`${what}: ${((Date.now() - started) / 1000).toFixed(1)} s`)
    return result
  }

  await step('build', processes.run('build', ace('build')))
  const install = ['npm', 'ci', '--omit=dev', '--no-audit', '--no-fund', '--prefer-offline']
  await step('production packages', processes.run('install', install, { cwd }))
  await step('migrate', processes.run('migrate', ace('migration:run', '--force'), { cwd }))
  // The outside world, which is not ours to build.
  await processes.serve('sandbox', script('sandbox/server.ts'), { interrupted })
  const collector = new Collector()
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: await collector.start() }
  run.atEnd(() => collector.stop())
  // The worker before the server: readiness may ask for it.
  processes.start('worker', ace('queue:work'), { cwd, env })
  await processes.serve('web', [process.execPath, 'bin/server.js'], { cwd, env, interrupted })
  await step('ready', waitForOk(`${url}/health/ready`, { interrupted }))
  console.log(`${url}/health/ready answers 200 with NODE_ENV=production`)

  await step('documents', checkDocuments(url))
  await step('console', checkConsole(url))
  await step('site', checkSite(url))
  const provider = demoProvider('stripe', surroundings)
  const { client } = await step(
    'the main job',
    playMainJob(surroundings, provider, new Story(), interrupted)
  )
  await step('telemetry', checkTelemetry(collector))
  await step('papers, pictures and files', checkFiles(url, client, interrupted))
  return 0
})

/** Both processes tell what they do: hooks into packages are another matter where nothing is compiled. */
async function checkTelemetry(collector: Collector): Promise<void> {
  await collector.span(({ name }) => name === 'POST /api/payments/deposit')
  await collector.span(({ name }) => name === 'job send_payout')
  await collector.span(({ attributes }) => attributes['db.system.name'] === 'postgresql')
  await collector.log(({ body }) => body === 'job done')
}

/** Views and a style sheet, the schemas of answers, and a Markdown reader. */
async function checkDocuments(url: string): Promise<void> {
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
async function checkConsole(url: string): Promise<void> {
  const page = await fetched(`${url}/console/sign-in`, 'text/html')
  const assets = [...page.toString().matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)]
  const kinds = assets.map(([, path]) => path.slice(path.lastIndexOf('.')))
  for (const kind of ['.css', '.js']) {
    if (!kinds.includes(kind)) throw new Error(`The sign-in of the console has no ${kind}.`)
  }
  for (const [, path] of assets) await fetched(`${url}${path}`)
}

/** Public pages with all that they load, and what browsers ask for by themselves. */
async function checkSite(url: string): Promise<void> {
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
async function checkFiles(url: string, person: Person, interrupted: AbortSignal): Promise<void> {
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

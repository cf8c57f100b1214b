/**
 * `bin/smoke`: what must hold of a server before people are sent to it, asked from outside as anybody
 * could. Plain JavaScript, as it runs where no package is installed.
 */
import { parseArgs } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'

const USAGE = 'usage: bin/smoke URL [--revision COMMIT] [--wait SECONDS]'
const ANSWER_WITHIN_MS = 15_000

const { base, revision, waitSeconds } = wanted()
const secure = base.protocol === 'https:'
let failed = 0

await check('is live, and the build that is wanted', async () => {
  const { body } = await until(async () => {
    const answer = await get('/health/live', 200)
    if (revision && answer.body.revision !== revision) {
      throw new Error(`runs ${answer.body.revision} and not ${revision}`)
    }
    return answer
  })
  return `revision ${body.revision}`
})

await check('is ready', async () => {
  const { body } = await until(async () => {
    const answer = await get('/health/ready')
    const wrong = Object.entries(answer.body?.checks ?? {}).filter(([, status]) => status !== 'ok')
    const names = wrong.map(([name, status]) => `${name}: ${status}`).join(', ')
    if (answer.status !== 200) throw new Error(`answers ${answer.status} (${names || 'no checks'})`)
    return answer
  })
  return Object.entries(body.checks)
    .map(([name, status]) => `${name} ${status}`)
    .join(', ')
})

await check('documents its API', async () => {
  const { body } = await get('/openapi.json', 200, 'application/json')
  const paths = Object.keys(body?.paths ?? {}).length
  if (!/^3\./.test(body?.openapi ?? '') || paths === 0)
    throw new Error('/openapi.json is no OpenAPI 3')
  return `version ${body.info.version}, ${paths} paths`
})

await check('refuses who has not signed in', async () => {
  const { body } = await get('/api/projects', 401, 'application/problem+json')
  if (!body.code || !body.request_id)
    throw new Error(`not one of our problems: ${JSON.stringify(body)}`)
  return body.code
})

await check('refuses a webhook that nobody signed', async () => {
  const { body } = await ask('/api/webhooks/stripe', {
    status: 400,
    type: 'application/problem+json',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"id":"evt_smoke","type":"smoke"}',
  })
  return body.code
})

await check('closes its answers', async () => {
  const { headers } = await get('/api/projects', 401)
  const expected = {
    'content-security-policy': /./,
    'x-content-type-options': /^nosniff$/,
    ...(secure && { 'strict-transport-security': /max-age=\d{7,}/ }),
  }
  const wrong = Object.entries(expected)
    .filter(([name, pattern]) => !pattern.test(headers.get(name) ?? ''))
    .map(([name]) => `${name}: ${headers.get(name) ?? 'missing'}`)
  if (headers.has('x-powered-by')) wrong.push('x-powered-by names the framework')
  if (wrong.length > 0) throw new Error(wrong.join(', '))
  return Object.keys(expected).join(', ')
})

await check('shows the sign-in of the console, with its assets', async () => {
  const page = await get('/console/sign-in', 200, 'text/html')
  const assets = [...page.text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(
    ([, path]) => path
  )
  if (assets.length === 0) throw new Error('the page has no assets')
  for (const path of assets) await get(path, 200)
  return `${assets.length} assets`
})

if (secure) {
  await check('sends who comes by HTTP to HTTPS', async () => {
    const clear = new URL('/', base)
    clear.protocol = 'http:'
    const response = await fetch(clear, { redirect: 'manual', signal: inTime() })
    const location = response.headers.get('location') ?? ''
    if (![301, 302, 307, 308].includes(response.status) || !location.startsWith('https://')) {
      throw new Error(`answers ${response.status} ${location}`)
    }
    return `${response.status} ${location}`
  })
}

console.log(failed === 0 ? `${base.href} is fit for traffic` : `${failed} checks failed`)
process.exit(failed === 0 ? 0 : 1)

function wanted() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { revision: { type: 'string' }, wait: { type: 'string', default: '0' } },
    })
    const url = new URL(positionals[0])
    const seconds = Number(values.wait)
    const fits = positionals.length === 1 && /^https?:$/.test(url.protocol) && seconds >= 0
    if (!fits) throw new Error(USAGE)
    return { base: url, revision: values.revision, waitSeconds: seconds }
  } catch {
    console.error(USAGE)
    process.exit(2)
  }
}

/** Runs one check, says how it went, and goes on with the next: one look shows all that is wrong. */
async function check(what, verify) {
  try {
    console.log(`ok      ${what}: ${await verify()}`)
  } catch (error) {
    failed++
    console.log(`FAILED  ${what}: ${error.cause?.message ?? error.message}`)
  }
}

/** Repeats what does not hold yet, for as long as we are told to wait. */
async function until(verify) {
  // Counted from the start of this process: all waiting together is bounded.
  const deadline = waitSeconds * 1000
  for (;;) {
    try {
      return await verify()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await sleep(2000)
    }
  }
}

function get(path, status, type) {
  return ask(path, { status, type })
}

/** @throws Error for another status or another type than is expected */
async function ask(path, { status, type, ...init }) {
  const response = await fetch(new URL(path, base), {
    ...init,
    redirect: 'manual',
    signal: inTime(),
  })
  const text = await response.text()
  const found = response.headers.get('content-type') ?? ''
  if (status && response.status !== status) {
    throw new Error(`${path} answers ${response.status} and not ${status}: ${text.slice(0, 200)}`)
  }
  if (type && !found.startsWith(type)) throw new Error(`${path} is ${found} and not ${type}`)
  const body = /json/.test(found) ? JSON.parse(text) : undefined
  return { status: response.status, headers: response.headers, text, body }
}

function inTime() {
  return AbortSignal.timeout(ANSWER_WITHIN_MS)
}

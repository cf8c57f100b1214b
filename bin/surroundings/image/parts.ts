import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import { parse } from 'yaml'
import { ace, script } from '../processes.js'
import { freePort } from '../ports.js'
import { startRedis } from '../redis.js'
import { root, type Surroundings } from '../start.js'
import type { Run } from '../until_done.js'
import { waitFor } from '../wait.js'

type Variables = Record<string, string>

interface Service {
  command: string[]
  environment: Record<string, string | number>
}

/** What docker-compose.yml says, and the secrets that `bin/compose-env` makes for it. */
async function compose({ dir, processes }: Surroundings) {
  const { services } = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), {
    merge: true,
  }) as { services: Record<string, Service> }
  const folder = join(dir, 'compose')
  const file = join(root, 'bin/surroundings/compose_env.mjs')
  await processes.run('compose-env', [process.execPath, file, folder])
  const secrets = (name: string): Variables =>
    Object.fromEntries(
      readFileSync(join(folder, `${name}.env`), 'utf8')
        .trim()
        .split('\n')
        .map((line) => line.split(/=(.*)/s).slice(0, 2))
    )
  const environment = (name: string): Variables => {
    const plain = Object.entries(services[name].environment)
    // What compose would take from our own environment is left out.
    const said = plain.filter(([, value]) => !String(value).includes('${'))
    return Object.fromEntries(said.map(([key, value]) => [key, String(value)]))
  }
  return { services, secrets, environment }
}

/**
 * Starts the services of docker-compose.yml that are not SafeSend, as this machine has them, and does what is
 * done there before the first start.
 *
 * @returns SafeSend's environment there, with the addresses that things have here; and a function that is
 *   called once the migrations have run
 */
export async function startParts(run: Run, surroundings: Surroundings) {
  const { processes, databaseUrl, ports, dir } = surroundings
  const { interrupted } = run
  const { services, secrets, environment } = await compose(surroundings)

  const redis = await startRedis()
  run.atEnd(() => redis.stop())
  const smtp = await startMail(run, surroundings.env.MAIL_DIR)
  const collector = await startCollector(run)
  const storage = await freePort()
  const azurite = join(root, 'node_modules/azurite/dist/src/blob/main.js')
  processes.start(
    'azurite',
    [
      ...[process.execPath, azurite, '--blobHost', '127.0.0.1', '--blobPort', String(storage)],
      ...['--location', join(dir, 'azurite'), '--skipApiVersionCheck', '--disableTelemetry'],
    ],
    { env: secrets('azurite') }
  )
  // Any answer: who says nothing is told so with a 400.
  await waitFor(
    'Azurite to answer',
    () => fetch(`http://127.0.0.1:${storage}`).catch(() => undefined),
    { interrupted }
  )

  const own = secrets('safesend')
  const env: Variables = {
    ...environment('web'),
    ...own,
    HOST: '127.0.0.1',
    PORT: String(ports.web),
    APP_URL: surroundings.url,
    DATABASE_URL: databaseUrl,
    REDIS_URL: redis.url,
    STRIPE_API_BASE: surroundings.env.STRIPE_API_BASE,
    PAYPAL_API_BASE: surroundings.env.PAYPAL_API_BASE,
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(smtp),
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    AZURE_STORAGE_CONNECTION_STRING: own.AZURE_STORAGE_CONNECTION_STRING.replace(
      /BlobEndpoint=.*$/,
      `BlobEndpoint=http://127.0.0.1:${storage}/safesend`
    ),
  }
  await processes.serve('sandbox', script('sandbox/server.ts'), {
    interrupted,
    env: secrets('sandbox'),
  })
  const [, , ...prepare] = services.prepare.command
  return {
    env,
    /** Paths that telemetry was sent to. */
    told: collector.told,
    prepare: () =>
      processes.run('prepare', ace(...prepare), { env: { ...env, NODE_ENV: 'development' } }),
  }
}

/** Takes telemetry: its packages are loaded only where it is sent to somebody. */
async function startCollector(run: Run) {
  const told = new Set<string>()
  const server = createServer((request, response) => {
    told.add(request.url ?? '')
    request.resume().once('end', () => response.end())
  })
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  run.atEnd(() => {
    server.closeAllConnections()
    server.close()
  })
  return { told, url: `http://127.0.0.1:${port}` }
}

/** Takes mail for anybody and leaves it as text, where the main job looks for it. @returns its port */
async function startMail(run: Run, dir: string): Promise<number> {
  mkdirSync(dir, { recursive: true })
  let count = 0
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, _, done) {
      simpleParser(stream).then(({ to, text }) => {
        const number = String(count++).padStart(6, '0')
        const addresses = [to ?? []].flat().map((each) => each.text)
        writeFileSync(join(dir, `${number}.txt`), `${addresses.join(', ')}\n\n${text}`)
        done()
      }, done)
    },
  })
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  run.atEnd(() => new Promise<void>((resolve) => server.close(resolve)))
  return port
}

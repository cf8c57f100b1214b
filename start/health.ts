import { readdir } from 'node:fs/promises'
import { basename } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import app from '@adonisjs/core/services/app'
import { BaseCheck, HealthChecks, Result } from '@adonisjs/core/health'
import db from '@adonisjs/lucid/services/db'
import logger from '@adonisjs/core/services/logger'
import env from '#start/env'
import { redisServer } from '#config/redis'
import { checkMail, checkRedis, checkStorage, checkWorker } from '#start/optional_parts'
import { checkQueue } from '#jobs/queue'

/** A check that hangs is a check that fails. */
const TIMEOUT_MS = 3000

class Check extends BaseCheck {
  constructor(
    public name: string,
    protected verify: () => Promise<unknown>
  ) {
    super()
  }

  async run(): Promise<Result> {
    const giveUp = new AbortController()
    try {
      await Promise.race([
        this.verify(),
        wait(TIMEOUT_MS, undefined, { signal: giveUp.signal }).then(() => {
          throw new Error(`no answer within ${TIMEOUT_MS} ms`)
        }),
      ])
      return Result.ok('ok')
    } catch (error) {
      return Result.failed('failed', error as Error)
    } finally {
      giveUp.abort()
    }
  }
}

/** How long an answer counts of what may be far away, and takes no process out of rotation. */
const OPTIONAL_COUNTS = '15 seconds'

/** What SafeSend does without for a while: its failure is a warning, and is logged when it begins and ends. */
class OptionalCheck extends Check {
  #failing = false

  constructor(name: string, verify: () => Promise<unknown>) {
    super(name, verify)
    this.cacheFor(OPTIONAL_COUNTS)
  }

  async run() {
    const { status, meta } = await super.run()
    const failing = status !== 'ok'
    if (failing && !this.#failing) {
      logger.warn({ err: meta?.error }, `goes on without: ${this.name}`)
    }
    if (!failing && this.#failing) logger.info(`is back: ${this.name}`)
    this.#failing = failing
    return failing ? Result.warning('failed') : Result.ok('ok')
  }
}

let migrated = false

/** This release's migrations have all run. They cannot be undone under a running process, so once is enough. */
async function checkMigrations(): Promise<void> {
  if (migrated) return
  const files = await readdir(app.migrationsPath())
  const wanted = files.filter((file) => /\.(js|ts)$/.test(file) && !file.endsWith('.d.ts'))
  const { rows } = await db.rawQuery('SELECT name FROM adonis_schema')
  const done = new Set(rows.map((row: { name: string }) => basename(row.name)))
  const missing = wanted
    .map((file) => file.replace(/\.(js|ts)$/, ''))
    .filter((name) => !done.has(name))
  if (missing.length > 0) throw new Error(`not migrated: ${missing.join(', ')}`)
  migrated = true
}

const checks = new HealthChecks().register([
  new Check('database', () => db.rawQuery('SELECT 1')),
  new Check('migrations', checkMigrations),
  new Check('job_queue', checkQueue),
  new OptionalCheck('worker', checkWorker),
  new OptionalCheck('storage', checkStorage),
  ...(redisServer ? [new OptionalCheck('redis', checkRedis)] : []),
  ...(env.get('MAIL_TRANSPORT') === 'smtp' ? [new OptionalCheck('mail', checkMail)] : []),
])

type Report = ReturnType<typeof checks.run>

let running: Report | undefined

/**
 * What must hold before requests are sent to this process. Anybody may ask: so whoever asks while it is
 * being found out gets the same answer, and however many ask, it costs what one does.
 */
export const readiness = {
  run(): Report {
    running ??= checks.run().finally(() => (running = undefined))
    return running
  },
}

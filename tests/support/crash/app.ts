/**
 * The application in a process that may be killed: its real HTTP server, and a worker that works the
 * queue when told to, so that what happens in which order is the same in every run.
 *
 * It says `warm` when everything is loaded, serves from `serve` on, and answers each command.
 */
import { arm, pointsSeen } from './kill_points.js'
import 'reflect-metadata'
import { Ignitor } from '@adonisjs/core'
import type { Answer, Command } from './app_process.js'

const APP_ROOT = new URL('../../../', import.meta.url)
const serve = Promise.withResolvers<void>()

// Nobody is left to serve.
process.on('disconnect', () => process.exit(0))
process.on('message', (command: Command) => {
  if (command.name === 'serve') return serve.resolve()
  void perform(command)
    .then((value) => answer({ value }))
    .catch((error: Error) => answer({ error: error.stack ?? String(error) }))
})

function answer(content: Omit<Answer, 'kind'>): void {
  process.send!({ kind: 'answer', ...content } satisfies Answer)
}

async function perform(command: Command): Promise<unknown> {
  switch (command.name) {
    case 'arm':
      return arm(command.at)
    case 'points':
      return pointsSeen()
    case 'drain': {
      const { drainQueue } = await import('#jobs/queue')
      // What the killed process held is handed out again once its heartbeat is missed, failed jobs
      // and those with a date when it has come: all of that now.
      const { errors, ...counts } = await drainQueue({
        abandoned: true,
        retryNow: true,
        includeDeferred: true,
      })
      return { ...counts, errors: errors.map(({ job, error }) => `${job}: ${error}`) }
    }
    case 'settle': {
      const { settlePending } = await import('#escrow/settle_pending')
      return (await settlePending({ olderThanSeconds: 0 })).length
    }
  }
}

await new Ignitor(APP_ROOT, {
  importer: (path) => import(path.startsWith('.') ? new URL(path, APP_ROOT).href : path),
})
  .tap((app) => {
    app.booting(async () => {
      await import('#start/env')
    })
    app.starting(async () => {
      // Everything that takes time to load and nothing that touches the database.
      await Promise.all([import('#start/routes'), import('#jobs/index'), import('stripe')])
      const controllers = await import('#generated/controllers')
      await Promise.all(loaders(controllers).map((load) => load()))
      answer({ value: 'warm' })
      await serve.promise
    })
  })
  .httpServer()
  .start()
answer({ value: 'serving' })

/** The lazy imports, however deeply they are nested. */
function loaders(from: unknown): (() => Promise<unknown>)[] {
  if (typeof from === 'function') return [from as () => Promise<unknown>]
  return from && typeof from === 'object' ? Object.values(from).flatMap(loaders) : []
}

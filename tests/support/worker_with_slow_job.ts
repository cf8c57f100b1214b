/** `node ace queue:work`, with one job more than usual: it says when it begins and takes its time. */
import '@poppinss/ts-exec'
import 'reflect-metadata'
import { setTimeout as wait } from 'node:timers/promises'
import { Ignitor } from '@adonisjs/core'
import { stopOnSignals } from '#start/stopping'

const APP_ROOT = new URL('../../', import.meta.url)

new Ignitor(APP_ROOT, {
  importer: (path) => import(path.startsWith('.') ? new URL(path, APP_ROOT).href : path),
})
  .tap((app) => {
    app.booting(async () => {
      await import('#start/env')
    })
    app.starting(async () => {
      const { defineJob } = await import('#jobs/queue')
      const { jobs } = await import('#jobs/index')
      jobs.push(
        defineJob<{ ms: number }>({
          name: 'slow_test_job',
          concurrency: 1,
          async handle({ ms }) {
            console.log('slow job begun')
            await wait(ms)
          },
        })
      )
    })
    stopOnSignals(app)
  })
  .ace()
  .handle(['queue:work', '--polling=0.5', ...process.argv.slice(2)])

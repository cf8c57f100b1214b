/** Runs the benches that need the booted application, and prints their ratios as one line of JSON. */
import 'reflect-metadata'
import { Ignitor } from '@adonisjs/core'

const APP_ROOT = new URL('../../', import.meta.url)

const app = new Ignitor(APP_ROOT, {
  importer: (path) => import(path.startsWith('.') ? new URL(path, APP_ROOT).href : path),
}).createApp('console')
await app.init()
await import('#start/env')
await app.boot()
await app.start(async () => {
  const { run } = await import('./post_entry.js')
  console.log(JSON.stringify(await run()))
})
await app.terminate()

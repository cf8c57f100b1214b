/**
 * Runs what needs the booted application, and prints its result as one line of JSON, among those of the log:
 *
 *     in_app.ts post_entry
 */
import 'reflect-metadata'
import { Ignitor } from '@adonisjs/core'

const APP_ROOT = new URL('../../', import.meta.url)
const [part, ...args] = process.argv.slice(2)

const app = new Ignitor(APP_ROOT, {
  importer: (path) => import(path.startsWith('.') ? new URL(path, APP_ROOT).href : path),
}).createApp('console')
await app.init()
await import('#start/env')
await app.boot()
await app.start(async () => {
  const { run } = await import(`./${part}.js`)
  console.log(JSON.stringify({ result: await run(...args) }))
})
await app.terminate()

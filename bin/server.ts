/** Starts the HTTP server: `node ace serve` in development, `node bin/server.js` in production. */
const { startTelemetry } = await import('./otel.js')
await startTelemetry('web')
await import('reflect-metadata')
const { Ignitor } = await import('@adonisjs/core')
const { failedToStart } = await import('./failed_to_start.js')
const { stopOnSignals } = await import('#start/stopping')

const APP_ROOT = new URL('../', import.meta.url)

const IMPORTER = (filePath: string) => {
  if (filePath.startsWith('./') || filePath.startsWith('../')) {
    return import(new URL(filePath, APP_ROOT).href)
  }
  return import(filePath)
}

let server: typeof import('#start/http_server')

new Ignitor(APP_ROOT, { importer: IMPORTER })
  .tap((app) => {
    app.booting(async () => {
      await import('#start/env')
      server = await import('#start/http_server')
    })
    stopOnSignals(app)
  })
  .httpServer()
  .start((handle) => server.createHttpServer(handle))
  .catch(failedToStart)

/** Runs ace commands: `node ace <command>`. */
// Other commands are over before anything would have been sent.
if (process.argv[2] === 'queue:work') {
  const { startTelemetry } = await import('./otel.js')
  await startTelemetry('worker')
}
await import('reflect-metadata')
const { Ignitor } = await import('@adonisjs/core')
const { failedToStart, isOfSettings } = await import('./failed_to_start.js')
const { stopOnSignals } = await import('#start/stopping')

const APP_ROOT = new URL('../', import.meta.url)

const IMPORTER = (filePath: string) => {
  if (filePath.startsWith('./') || filePath.startsWith('../')) {
    return import(new URL(filePath, APP_ROOT).href)
  }
  return import(filePath)
}

new Ignitor(APP_ROOT, { importer: IMPORTER })
  .tap((app) => {
    app.booting(async () => {
      await import('#start/env')
    })
    stopOnSignals(app)
  })
  .ace()
  .configure(async (app) => {
    const kernel = await app.container.make('ace')
    const others = kernel.errorHandler
    // A command of a package finds out about the settings only here.
    kernel.errorHandler = {
      render: (error, by) =>
        isOfSettings(error) ? failedToStart(error) : others.render(error, by),
    }
  })
  .handle(process.argv.splice(2))
  .catch(failedToStart)

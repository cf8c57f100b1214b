/** `npm test`: the Japa suites on a PostgreSQL of their own. Arguments go to Japa as they are. */
import { buildAssets } from './assets.js'
import { ace, script } from './processes.js'
import { root } from './start.js'
import { temporarySurroundings } from './temporary.js'
import { untilDone } from './until_done.js'

await untilDone(async (run) => {
  const { processes } = await temporarySurroundings(run, 'test', 'test')
  await buildAssets(processes, root)
  await processes.run('migrate', ace('migration:run', '--no-schema-generate', '--compact-output'))
  return processes.attach(script('bin/test.ts', ...process.argv.slice(2)))
})

/**
 * Fails when what the framework generates from the code and the migrations is not what is committed:
 * a type check would then check something else than what runs.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ace } from './processes.js'
import { root } from './start.js'
import { temporarySurroundings } from './temporary.js'
import { untilDone } from './until_done.js'

await untilDone(async (run) => {
  const { processes } = await temporarySurroundings(run, 'generated', 'development')
  const before = await generated()
  await processes.run('migrate', ace('migration:run', '--compact-output'))
  await processes.run('codegen', ace('codegen'))
  const after = await generated()

  const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
    (file) => before.get(file) !== after.get(file)
  )
  if (changed.length === 0) return 0
  console.error(
    `Generated files were not up to date; they are now, commit them:\n${changed.join('\n')}`
  )
  return 1
})

async function generated(): Promise<Map<string, string>> {
  const entries = await readdir(join(root, '.adonisjs'), { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  files.push(join(root, 'database', 'schema.ts'))
  return new Map(
    await Promise.all(
      files.map(async (file): Promise<[string, string]> => [file, await readFile(file, 'utf8')])
    )
  )
}

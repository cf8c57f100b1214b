/**
 * Fails when what is generated from the code and the migrations is not what is committed: a type check
 * would then check something else than what runs, and a client would call something else.
 */
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { readGuards } from '#backup/guards'
import { GENERATED, generate } from './generate.js'
import { ace } from './processes.js'
import { root } from './start.js'
import { temporarySurroundings } from './temporary.js'
import { untilDone } from './until_done.js'

await untilDone(async (run) => {
  const surroundings = await temporarySurroundings(run, 'generated', 'development')
  const { processes, dir, databaseUrl } = surroundings
  const before = await generated()
  await processes.run('migrate', ace('migration:run', '--compact-output'))
  await writeGuards(databaseUrl)
  await generate(processes, dir)
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

/** What of the migrated database refuses what must not be: `backup:verify` looks for all of it. */
async function writeGuards(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const { guards } = await readGuards(async (sql) => {
    const { rows } = await client.query(sql)
    return rows
  })
  await client.end()
  const file = join(root, 'database', 'guards.json')
  await writeFile(file, `${JSON.stringify(guards, null, 2)}\n`)
}

async function generated(): Promise<Map<string, string>> {
  const places = await Promise.all(GENERATED.map((place) => filesIn(join(root, place))))
  return new Map(
    await Promise.all(
      places
        .flat()
        .map(async (file): Promise<[string, string]> => [file, await readFile(file, 'utf8')])
    )
  )
}

async function filesIn(place: string): Promise<string[]> {
  const found = await stat(place)
  if (found.isFile()) return [place]
  const entries = await readdir(place, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

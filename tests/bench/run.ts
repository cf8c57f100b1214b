/**
 * `npm run bench`: speed as ratios measured in one run, so that they mean the same on any machine, and
 * figures of this one. See docs/performance.md.
 *
 *     npm run bench -- --quick          small counts, under three minutes: what CI runs
 *     npm run bench -- --only streams   some parts, by name, comma-separated
 *     npm run bench -- --json           for machines
 *     npm run bench -- --profile        also what the time goes into; slower, so no figures to compare
 */
import { parseArgs } from 'node:util'
import { ace } from '../../bin/surroundings/processes.js'
import { temporarySurroundings } from '../../bin/surroundings/temporary.js'
import { untilDone } from '../../bin/surroundings/until_done.js'
import { inApp, startWeb, type Bench, type Started } from './bench.js'
import { printTables } from './print_tables.js'
import { PROFILES, resetStatements, WITH_STATEMENTS, writeProfile } from './profile.js'
import { isMet, isWithin, type Measured, type Ratio } from './ratio.js'
import { run as coldStart } from './cold_start.js'
import { run as cycles } from './cycles.js'
import { run as listProjects } from './list_projects.js'
import { run as streams } from './streams.js'
import { run as webhooks } from './webhooks.js'

/** On a machine that does something else meanwhile, a ratio may be this much worse. */
const QUICK_LEEWAY = 2

const postEntry = async (bench: Bench): Promise<Measured> => ({
  ratios: await inApp<Ratio[]>(bench, 'post_entry', bench.quick ? 5 : 20),
})

/** A web server of the production build for one part. */
const served =
  (part: (bench: Bench, web: Started) => Promise<Measured>) => async (bench: Bench) => {
    const web = await startWeb(bench)
    const measured = await part(bench, web)
    await web.stop()
    return measured
  }

const parts = {
  post_entry: postEntry,
  list_projects: served(listProjects),
  webhooks: served(webhooks),
  cold_start: coldStart,
  streams,
  cycles,
}

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    profile: { type: 'boolean', default: false },
  },
})

await untilDone(async (run) => {
  const chosen = (values.only?.split(',') ?? Object.keys(parts)) as (keyof typeof parts)[]
  const unknown = chosen.filter((name) => !(name in parts))
  if (unknown.length > 0) throw new Error(`There is no ${unknown}: ${Object.keys(parts)}.`)
  // Durable, as production is: what a commit costs is part of what is measured.
  const surroundings = await temporarySurroundings(run, 'bench', 'production', {
    durable: true,
    database: values.profile ? WITH_STATEMENTS : {},
  })
  const nodeFlags = values.profile ? ['--cpu-prof', `--cpu-prof-dir=${PROFILES}`] : []
  const bench: Bench = { ...surroundings, quick: values.quick, run, nodeFlags }
  const { processes } = surroundings
  await processes.run('build', ace('build'))
  await processes.run('migrate', ace('migration:run', '--force', '--no-schema-generate'))

  const ratios = []
  const figures = []
  for (const name of chosen) {
    const started = Date.now()
    if (values.profile) await resetStatements(bench)
    const measured = await parts[name](bench)
    if (values.profile) await writeProfile(bench, name)
    ratios.push(...(measured.ratios ?? []))
    figures.push(...(measured.figures ?? []))
    if (!values.json) console.log(`${name}: ${Math.round((Date.now() - started) / 1000)} s`)
  }

  const leeway = values.quick ? QUICK_LEEWAY : 1
  if (values.json) console.log(JSON.stringify({ quick: values.quick, leeway, ratios, figures }))
  else printTables({ ratios, figures }, leeway)
  const fine =
    ratios.every((ratio) => isMet(ratio, leeway)) &&
    figures.every((figure) => isWithin(figure, leeway))
  return fine ? 0 : 1
})

/** `npm run bench`: speed as ratios measured in one run, so that they mean the same on any machine. */
import Table from 'cli-table3'
import { ace, script } from '../../bin/surroundings/processes.js'
import { temporarySurroundings } from '../../bin/surroundings/temporary.js'
import { untilDone } from '../../bin/surroundings/until_done.js'
import * as listProjects from './list_projects.js'
import { isMet, type Ratio } from './ratio.js'

await untilDone(async (run) => {
  // Durable, as production is: what a commit costs is part of what is measured.
  const surroundings = await temporarySurroundings(run, 'bench', 'production', { durable: true })
  const { processes } = surroundings
  const migrate = ace('migration:run', '--force', '--no-schema-generate')
  await processes.run('migrate', migrate)

  const posting = await processes.run('post_entry', script('tests/bench/in_app.ts'))
  const ratios: Ratio[] = [
    ...(JSON.parse(posting.at(-1) ?? '[]') as Ratio[]),
    ...(await listProjects.run(surroundings)),
  ]
  print(ratios)
  return ratios.every(isMet) ? 0 : 1
})

function print(ratios: Ratio[]): void {
  const table = new Table({
    head: ['', 'measured', 'per second', 'against', 'per second', 'ratio', 'wanted', ''],
    style: { head: [], border: [], compact: true },
  })
  for (const each of ratios) {
    table.push([
      each.name,
      each.subject,
      each.subjectPerSecond.toFixed(0),
      each.reference,
      each.referencePerSecond.toFixed(0),
      each.ratio.toFixed(2),
      `${each.atMost ? '≤' : '≥'} ${each.required}`,
      isMet(each) ? 'met' : 'MISSED',
    ])
  }
  console.log(table.toString())
}

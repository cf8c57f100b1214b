import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../bin/surroundings/ports.js'
import { Processes, script } from '../../bin/surroundings/processes.js'
import { root, type Surroundings } from '../../bin/surroundings/start.js'
import type { Run } from '../../bin/surroundings/until_done.js'
import { waitFor } from '../../bin/surroundings/wait.js'
import type { Inspected } from './inspector.js'

/** What every part of the bench is given. */
export interface Bench extends Surroundings {
  /** Small counts: whether all of it works, and nothing is far off. */
  quick: boolean
  run: Run
  /** What the production build's processes are started with, beside their file. */
  nodeFlags: string[]
}

/** Where the production build is; it finds the packages of the project above it. */
const BUILD = join(root, 'build')

export interface Started extends Inspected {
  stop(): Promise<void>
}

/** Runs one of the files beside this one in the booted application, and answers what it printed. */
export async function inApp<Result>(
  { processes }: Bench,
  part: string,
  ...args: (string | number)[]
): Promise<Result> {
  const lines = await processes.run(
    part,
    script('tests/bench/in_app.ts', part, ...args.map(String))
  )
  const line = lines.findLast((each) => each.startsWith('{"result":'))
  return JSON.parse(line!).result as Result
}

/** A web server of the production build, which listens. */
export async function startWeb(bench: Bench): Promise<Started> {
  const processes = processesOf(bench)
  const inspectPort = await freePort()
  const command = node(bench, `--inspect-port=${inspectPort}`, 'bin/server.js')
  const pid = await processes.serve('web', command, { cwd: BUILD })
  return { pid: pid!, inspectPort, stop: () => processes.stop() }
}

/** A web server that need not be of use yet. */
export function launchWeb(bench: Bench): Omit<Started, 'inspectPort'> {
  const processes = processesOf(bench)
  const pid = processes.start('web', node(bench, 'bin/server.js'), { cwd: BUILD })
  return { pid: pid!, stop: () => processes.stop() }
}

/** A worker of the production build, which has said that it is ready. */
export async function startWorker(bench: Bench, name = 'worker'): Promise<Started> {
  const processes = processesOf(bench)
  const inspectPort = await freePort()
  const command = node(bench, `--inspect-port=${inspectPort}`, 'ace.js', 'queue:work')
  const pid = processes.start(name, command, { cwd: BUILD })
  await waitFor(`the ${name} to be ready`, () => said(bench, name, 'worker ready'), {
    withinMs: 60_000,
    everyMs: 10,
  })
  return { pid: pid!, inspectPort, stop: () => processes.stop() }
}

function node({ nodeFlags }: Bench, ...command: string[]): string[] {
  return [process.execPath, ...nodeFlags, ...command]
}

/** Processes of their own, so that each can be ended before all of them are. */
function processesOf({ env, logs, run }: Bench): Processes {
  const processes = new Processes({
    env,
    logs,
    onDeath: (dead, how, last) =>
      run.fail(`The ${dead} process ended (${how}); its last words:\n${last.join('\n')}`),
  })
  run.atEnd(() => processes.stop())
  return processes
}

async function said({ logs }: Bench, name: string, words: string): Promise<boolean> {
  const log = await readFile(join(logs, `${name}.log`), 'utf8').catch(() => '')
  return log.includes(words)
}

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../bin/surroundings/ports.js'
import { script } from '../../bin/surroundings/processes.js'
import { waitFor } from '../../bin/surroundings/wait.js'
import { inApp, startWeb, type Bench } from './bench.js'
import { mebibytes, residentBytes } from './memory.js'
import { latencyFigures, type Measured } from './ratio.js'
import type { Heard } from './stream_client.js'
import type { Told } from './tell.js'

const WANTED = 5000
const WANTED_QUICK = 500

/** What a process needs beside its streams: its database, its log, its files. */
const OTHER_DESCRIPTORS = 200

/** Many streams of notifications on one web process: their memory, and how soon what is told arrives. */
export async function run(bench: Bench): Promise<Measured> {
  const { processes, ports, dir, quick } = bench
  const count = Math.min(quick ? WANTED_QUICK : WANTED, mostDescriptors() - OTHER_DESCRIPTORS)
  const people = join(dir, 'people.json')
  await inApp(bench, 'people', 'freelancer', count, people)

  const web = await startWeb(bench)
  await (await fetch(`${bench.url}/health/ready`)).arrayBuffer()
  const before = await residentBytes(web.pid)
  const port = await freePort()
  const opening = performance.now()
  processes.start('stream_client', script('tests/bench/stream_client.ts'), {
    env: { PORT: String(port), WEB_PORT: String(ports.web), PEOPLE: people },
  })
  const ask = async (path: string) => (await fetch(`http://127.0.0.1:${port}/${path}`)).json()
  await waitFor(
    `${count} streams`,
    async () => {
      const state = (await ask('open').catch(() => undefined)) as any
      if (state?.refused.length || state?.ended) throw new Error(JSON.stringify(state))
      return state?.open === count
    },
    { withinMs: 120_000 }
  )
  const opened = performance.now() - opening
  // Rubbish of opening them is no part of what each takes.
  await sleep(quick ? 2000 : 5000)
  const bytes = (await residentBytes(web.pid)) - before

  const delivered = async (at: string | number) => {
    const told = await inApp<Told[]>(bench, 'tell', people, at)
    const heard: Heard[] = []
    await waitFor(
      `${told.length} notifications`,
      async () => {
        heard.push(...((await ask('heard')) as Heard[]))
        return heard.length >= told.length
      },
      { withinMs: 60_000 }
    )
    return arrivals(told, heard)
  }
  const one = await delivered(quick ? 50 : 300)
  const burst = await delivered('once')
  const after = (await ask('open')) as { ended: number }
  assert.equal(after.ended, 0, 'Streams have ended.')
  const peak = await residentBytes(web.pid)
  await web.stop()

  return {
    figures: [
      { name: 'streams open on one web process', value: count, unit: '' },
      { name: 'opening all of them', value: opened / 1000, unit: 's' },
      { name: 'memory per stream', value: bytes / count / 1024, unit: 'KiB', atMost: 100 },
      { name: 'memory of web after a burst', value: mebibytes(peak), unit: 'MiB' },
      ...latencyFigures('a notification to one, from commit', one),
      ...latencyFigures('a notification to all at once, from commit', burst),
    ],
  }
}

/**
 * Milliseconds from commit to arrival of each.
 *
 * @throws AssertionError when one is missing, comes twice or out of order
 */
function arrivals(told: Told[], heard: Heard[]): number[] {
  const byUser = Map.groupBy(heard, ([userId]) => userId)
  const taken: number[] = []
  for (const [userId, toldToOne] of Map.groupBy(told, ([id]) => id)) {
    const arrived = byUser.get(userId) ?? []
    assert.equal(arrived.length, toldToOne.length, `${userId} heard not what they were told`)
    const numbers = arrived.map(([, seq]) => seq)
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
      'in the order of their numbers'
    )
    assert.equal(new Set(numbers).size, numbers.length, 'each once')
    toldToOne.forEach(([, at], index) => taken.push(arrived[index][2] - at))
  }
  return taken
}

/** How many files a process may have open; Node raises its soft limit to the hard one by itself. */
function mostDescriptors(): number {
  const limits = readFileSync('/proc/self/limits', 'utf8')
  const [, , hard] = /^Max open files\s+(\S+)\s+(\S+)/m.exec(limits) ?? []
  return hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard)
}

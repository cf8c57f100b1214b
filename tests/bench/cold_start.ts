import { waitFor } from '../../bin/surroundings/wait.js'
import { launchWeb, startWorker, type Bench } from './bench.js'
import { mebibytes, residentBytes } from './memory.js'
import { median, type Measured } from './ratio.js'

/** How long the production build takes from being started to being of use, and what it then has in memory. */
export async function run(bench: Bench): Promise<Measured> {
  const starts = bench.quick ? 3 : 5
  const web = []
  const worker = []
  const memory = { web: 0, worker: 0 }
  for (let i = 0; i < starts; i++) {
    const began = performance.now()
    const server = launchWeb(bench)
    await waitFor('the web server', () => isReady(bench.url), { everyMs: 5, withinMs: 60_000 })
    web.push(performance.now() - began)
    memory.web = await residentBytes(server.pid)
    await server.stop()

    const workerBegan = performance.now()
    const works = await startWorker(bench)
    worker.push(performance.now() - workerBegan)
    memory.worker = await residentBytes(works.pid)
    await works.stop()
  }
  const ms = (name: string, taken: number[]) => ({ name, value: median(taken), unit: 'ms' })
  return {
    figures: [
      { ...ms(`cold start of web to /health/ready, median of ${starts}`, web), atMost: 10_000 },
      { ...ms(`cold start of a worker to ready, median of ${starts}`, worker), atMost: 10_000 },
      { name: 'memory of web, just started', value: mebibytes(memory.web), unit: 'MiB' },
      { name: 'memory of a worker, just started', value: mebibytes(memory.worker), unit: 'MiB' },
    ],
  }
}

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/health/ready`).catch(() => undefined)
  await answer?.arrayBuffer()
  return answer?.status === 200
}

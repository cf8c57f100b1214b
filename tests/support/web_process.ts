import { mkdtemp, rm } from 'node:fs/promises'
import app from '@adonisjs/core/services/app'
import { freePort } from '../../bin/surroundings/ports.js'
import { Processes, script } from '../../bin/surroundings/processes.js'

export interface WebProcess {
  /** Such as `http://127.0.0.1:40123`. */
  url: string
  pid: number
  stop(): Promise<void>
}

/**
 * A web server in a process of its own, on the database of the tests.
 *
 * @param env laid over the environment of the tests: `REDIS_URL`, say
 */
export async function startWebProcess(env: Record<string, string> = {}): Promise<WebProcess> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const logs = await mkdtemp(app.makePath('tmp', 'web-'))
  const died = new AbortController()
  const processes = new Processes({
    env: { PORT: String(port), ...env },
    logs,
    onDeath: (name, how, lines) =>
      died.abort(new Error(`${name} ended (${how}):\n${lines.join('\n')}`)),
  })
  const stop = async () => {
    await processes.stop()
    await rm(logs, { recursive: true, force: true })
  }
  try {
    const pid = await processes.serve('web', script('bin/server.ts'), { interrupted: died.signal })
    return { url, pid: pid!, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import app from '@adonisjs/core/services/app'
import { freePort } from '../../bin/surroundings/ports.js'
import { Processes } from '../../bin/surroundings/processes.js'
import { waitFor } from '../../bin/surroundings/wait.js'

/** What the scanner of the tests holds for a virus, and what it calls it. */
export const VIRUS = 'this is the virus that the tests of SafeSend are afraid of'
export const SIGNATURE = 'SafeSend.Test.Virus'

export interface Clamd {
  port: number
  socket: string
  stop(): Promise<void>
}

/**
 * The machine's clamd, with one signature of our own and none of the world's.
 *
 * @param options.port to come back where one was that has ended
 * @param options.maxMb of a file; beyond it clamd refuses
 */
export async function startClamd(options: { port?: number; maxMb?: number } = {}): Promise<Clamd> {
  const port = options.port ?? (await freePort())
  const folder = await mkdtemp(app.makePath('tmp', 'clamd-'))
  // clamd may run as a user of its own.
  await chmod(folder, 0o755)
  const socket = join(folder, 'clamd.sock')
  const settings = {
    DatabaseDirectory: folder,
    TCPSocket: port,
    TCPAddr: '127.0.0.1',
    LocalSocket: socket,
    Foreground: 'yes',
    StreamMaxLength: `${options.maxMb ?? 100}M`,
    MaxThreads: 2,
  }
  await writeFile(
    join(folder, 'clamd.conf'),
    Object.entries(settings)
      .map(([name, value]) => `${name} ${value}\n`)
      .join('')
  )
  await writeFile(
    join(folder, 'local.ndb'),
    `${SIGNATURE}:0:*:${Buffer.from(VIRUS).toString('hex')}\n`
  )
  let died: string | undefined
  const processes = new Processes({
    env: { PATH: `${process.env.PATH}:/usr/sbin` },
    logs: folder,
    onDeath: (_, how, lines) => (died = `clamd ended (${how}):\n${lines.join('\n')}`),
  })
  const stop = async () => {
    await processes.stop()
    await rm(folder, { recursive: true, force: true })
  }
  processes.start('clamd', ['clamd', `--config-file=${join(folder, 'clamd.conf')}`])
  try {
    await waitFor('clamd to answer', async () => {
      if (died) throw new Error(died)
      return ping(port)
    })
  } catch (error) {
    await stop()
    throw error
  }
  return { port, socket, stop }
}

function ping(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write('zPING\0'))
    socket.once('data', (data) => resolve(String(data).startsWith('PONG')))
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
}

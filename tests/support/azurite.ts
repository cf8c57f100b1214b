import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { BlobServiceClient } from '@azure/storage-blob'
import app from '@adonisjs/core/services/app'
import { freePort } from '../../bin/surroundings/ports.js'
import { Processes } from '../../bin/surroundings/processes.js'
import { waitFor } from '../../bin/surroundings/wait.js'

export interface Azurite {
  connectionString: string
  service: BlobServiceClient
  stop(): Promise<void>
}

/** An Azure Blob Storage on this machine, with nothing in it, which keeps everything in memory. */
export async function startAzurite(): Promise<Azurite> {
  const port = await freePort()
  const account = 'safesend'
  const key = randomBytes(64).toString('base64')
  const folder = await mkdtemp(app.makePath('tmp', 'azurite-'))
  let died: string | undefined
  const processes = new Processes({
    env: { AZURITE_ACCOUNTS: `${account}:${key}` },
    logs: folder,
    onDeath: (_, how, lines) => (died = `Azurite ended (${how}):\n${lines.join('\n')}`),
  })
  const stop = async () => {
    await processes.stop()
    await rm(folder, { recursive: true, force: true })
  }
  processes.start('azurite', [
    process.execPath,
    app.makePath('node_modules/azurite/dist/src/blob/main.js'),
    ...['--blobHost', '127.0.0.1', '--blobPort', String(port)],
    // The SDK is always ahead of it by some version of the API.
    ...['--inMemoryPersistence', '--skipApiVersionCheck', '--disableTelemetry', '--silent'],
  ])
  const connectionString =
    `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};` +
    `BlobEndpoint=http://127.0.0.1:${port}/${account};`
  const service = BlobServiceClient.fromConnectionString(connectionString)
  try {
    await waitFor('Azurite to answer', async () => {
      if (died) throw new Error(died)
      const answer = await fetch(service.url).catch(() => undefined)
      await answer?.arrayBuffer()
      return answer !== undefined
    })
  } catch (error) {
    await stop()
    throw error
  }
  return { connectionString, service, stop }
}

import { createHash } from 'node:crypto'
import { test } from '@japa/runner'
import { Disk } from 'flydrive'
import drive from '@adonisjs/drive/services/main'
import { AzureBlobDriver } from '#drive/azure_blob_driver'
import Deliverable from '#models/deliverable'
import { startAzurite } from '#tests/support/azurite'
import { resetAll } from '#tests/support/database'
import { fundedMilestone } from '#tests/support/projects'
import { tokenOf } from '#tests/support/users'
import { startWebProcess } from '#tests/support/web_process'
import { random } from './bytes.js'
import { forgetPeak, peakOf } from './peak.js'
import { Upload } from './upload.js'

const MIB = 1024 * 1024
const FILE = 100 * MIB

/** MiB. What passes leaves some garbage, more of it on a busy machine; a file that is held is all of 100. */
const MOST_GROWTH = 70

test.group('Large files', (group) => {
  group.each.setup(resetAll)

  for (const name of ['fs', 'azure'] as const) {
    test(`a file of 100 MB goes to ${name} and back, and is never in memory`, async ({
      assert,
      cleanup,
    }) => {
      let disk = drive.use('fs')
      let env = {}
      if (name === 'azure') {
        const { connectionString, service, stop } = await startAzurite()
        cleanup(stop)
        await service.getContainerClient('files').create()
        env = {
          DRIVE_DISK: 'azure',
          AZURE_STORAGE_CONNECTION_STRING: connectionString,
          AZURE_STORAGE_CONTAINER: 'files',
        }
        disk = new Disk(
          new AzureBlobDriver({ connectionString, container: 'files', visibility: 'private' })
        )
      }
      const web = await startWebProcess(env)
      cleanup(() => web.stop())
      const { freelancer, client, milestone } = await fundedMilestone()
      const path = `milestones/${milestone.id}/deliverables`
      const { port } = new URL(web.url)

      const send = async (bytes: number) => {
        const hash = createHash('sha256')
        const upload = await Upload.start(freelancer, path, { port })
        for (let sent = 0; sent < bytes; sent += MIB) {
          const piece = random(MIB)
          hash.update(piece)
          await upload.send(piece)
        }
        const { status, body } = await upload.finish()
        assert.equal(status, 201, JSON.stringify(body))
        assert.equal(body.data.sha256, hash.digest('hex'))
        return body.data
      }
      await send(24 * MIB)
      forgetPeak(web.pid)
      const before = peakOf(web.pid)
      const file = await send(FILE)
      assert.equal(file.size, FILE)
      assert.isBelow((peakOf(web.pid) - before) / MIB, MOST_GROWTH)

      const { storageKey } = await Deliverable.findOrFail(file.id)
      assert.equal((await disk.getMetaData(storageKey)).contentLength, FILE)
      const answer = await fetch(`${web.url}/api/deliverables/${file.id}/download`, {
        headers: { authorization: `Bearer ${await tokenOf(client)}` },
      })
      const { data } = (await answer.json()) as { data: { url: string } }
      assert.equal(data.url.startsWith(process.env.APP_URL!), name === 'fs')
      const hash = createHash('sha256')
      // APP_URL is that of the tests' own server.
      const served = await fetch(data.url.replace(process.env.APP_URL!, web.url))
      for await (const chunk of served.body!) hash.update(chunk)
      assert.equal(hash.digest('hex'), file.sha256)
      assert.match(served.headers.get('content-disposition')!, /^attachment/)
      assert.isBelow((peakOf(web.pid) - before) / MIB, MOST_GROWTH)
      await disk.deleteAll('deliverables')
    }).timeout(120_000)
  }
})

import { mkdtemp, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { test } from '@japa/runner'
import app from '@adonisjs/core/services/app'
import { Disk, errors } from 'flydrive'
import { FSDriver } from 'flydrive/drivers/fs'
import { AzureBlobDriver } from '#drive/azure_blob_driver'
import { startAzurite } from '#tests/support/azurite'
import { random, sha256, streamOf, throwing } from './bytes.js'

const MIB = 1024 * 1024

/** What holds of a disk whichever it is; what only Azure does is in `azure_driver.spec.ts`. */
const DISKS: Record<string, () => Promise<{ disk: Disk; end: () => Promise<void> }>> = {
  async fs() {
    const location = await mkdtemp(app.makePath('tmp', 'disk-'))
    return {
      disk: new Disk(new FSDriver({ location, visibility: 'private' })),
      end: () => rm(location, { recursive: true }),
    }
  },
  async azure() {
    const { connectionString, service, stop } = await startAzurite()
    await service.getContainerClient('files').create()
    const options = { connectionString, container: 'files', visibility: 'private' as const }
    return { disk: new Disk(new AzureBlobDriver(options)), end: stop }
  },
}

for (const [name, start] of Object.entries(DISKS)) {
  test.group(`Every disk: ${name}`, (group) => {
    let disk: Disk
    group.setup(async () => {
      const started = await start()
      disk = started.disk
      return started.end
    })
    group.each.setup(() => disk.deleteAll('/'))

    const failsAs = async (error: new (...args: any[]) => Error, act: () => Promise<unknown>) => {
      const thrown = await act().then(
        () => undefined,
        (reason) => reason
      )
      if (!(thrown instanceof error)) throw new Error(`Not ${error.name}: ${thrown}`)
    }

    test('what is put is read as text, as bytes and as a stream', async ({ assert }) => {
      const text = 'Grüße, 世界 🌍\n'
      await disk.put('a/b/text.txt', text)
      assert.equal(await disk.get('a/b/text.txt'), text)
      assert.equal(String(await buffer(await disk.getStream('a/b/text.txt'))), text)
      const bytes = random(3 * MIB + 7)
      await disk.put('bytes', bytes)
      assert.equal(sha256(await disk.getBytes('bytes')), sha256(bytes))
      await disk.put('bytes', 'shorter')
      assert.equal(await disk.get('bytes'), 'shorter')
      await disk.put('empty', '')
      assert.equal(await disk.get('empty'), '')
      assert.lengthOf(await buffer(await disk.getStream('empty')), 0)
    })

    test('metadata counts bytes, not characters, and changes with the contents', async ({
      assert,
    }) => {
      const before = Date.now()
      await disk.put('m.txt', 'äöü€')
      const first = await disk.getMetaData('m.txt')
      assert.equal(first.contentLength, 9)
      assert.closeTo(first.lastModified.getTime(), before, 5000)
      assert.match(first.etag, /^(W\/)?"[^"]+"$/)
      await disk.put('m.txt', 'something else')
      const second = await disk.getMetaData('m.txt')
      assert.equal(second.contentLength, 14)
      assert.notEqual(second.etag, first.etag)
    })

    test('a stream of many blocks arrives whole', async ({ assert }) => {
      const bytes = random(21 * MIB + 1)
      await disk.putStream('big', streamOf(bytes, 100_003))
      assert.equal(sha256(await disk.getBytes('big')), sha256(bytes))
      await disk.putStream('none', Readable.from([]))
      assert.equal((await disk.getMetaData('none')).contentLength, 0)
      await disk.putStream('text', Readable.from(['grün', Buffer.from('blau')]))
      assert.equal(await disk.get('text'), 'grünblau')
    })

    test('a stream that fails or breaks off is an error, not a hang', async () => {
      const parts = [random(MIB), random(MIB)]
      await failsAs(errors.E_CANNOT_WRITE_FILE, () => disk.putStream('x', throwing(parts)))
      const slow = Readable.from(slowly(parts))
      setTimeout(() => slow.destroy(), 50)
      await failsAs(errors.E_CANNOT_WRITE_FILE, () => disk.putStream('z', slow))
    })

    test('what is not there: exists says so, everything else fails with its own error', async ({
      assert,
    }) => {
      assert.isFalse(await disk.exists('no/such'))
      await disk.put('no/other', 'x')
      assert.isTrue(await disk.exists('no/other'))
      assert.isFalse(await disk.exists('no'))
      await failsAs(errors.E_CANNOT_READ_FILE, () => disk.get('no/such'))
      await failsAs(errors.E_CANNOT_READ_FILE, () => disk.getBytes('no/such'))
      await failsAs(errors.E_CANNOT_READ_FILE, async () => {
        // fs finds out as it is read.
        await buffer(await disk.getStream('no/such')).catch((cause) => {
          throw new errors.E_CANNOT_READ_FILE(['no/such'], { cause })
        })
      })
      await failsAs(errors.E_CANNOT_GET_METADATA, () => disk.getMetaData('no/such'))
      await failsAs(errors.E_CANNOT_COPY_FILE, () => disk.copy('no/such', 'other'))
      await failsAs(errors.E_CANNOT_MOVE_FILE, () => disk.move('no/such', 'other'))
      await disk.delete('no/such')
      await disk.deleteAll('no/folder')
    })

    test('a copy is of its own; a move leaves nothing behind', async ({ assert }) => {
      await disk.put('from', 'contents')
      await disk.copy('from', 'deep/er/copy')
      await disk.put('from', 'changed')
      assert.equal(await disk.get('deep/er/copy'), 'contents')
      await disk.move('deep/er/copy', 'moved')
      assert.equal(await disk.get('moved'), 'contents')
      assert.isFalse(await disk.exists('deep/er/copy'))
      await disk.move('from', 'moved')
      assert.equal(await disk.get('moved'), 'changed')
    })

    test('deleting by prefix takes a folder, and not its neighbours', async ({ assert }) => {
      for (const key of ['a/1', 'a/b/2', 'a/b/c/3', 'ab/4', 'a.txt', 'b/a/5']) {
        await disk.put(key, key)
      }
      await disk.deleteAll('a')
      assert.sameMembers(await keysIn(disk), ['ab/4', 'a.txt', 'b/a/5'])
      await disk.delete('ab/4')
      await disk.deleteAll('b/')
      assert.sameMembers(await keysIn(disk), ['a.txt'])
      await disk.deleteAll('/')
      assert.deepEqual(await keysIn(disk), [])
    })

    test('a list shows one folder, or all that is below it', async ({ assert }) => {
      for (const key of ['top.txt', 'a/1', 'a/2', 'a/b/3', 'a/b/c/4', 'ab/5']) {
        await disk.put(key, key)
      }
      assert.deepEqual(await shown(disk, '/'), ['a/', 'ab/', 'top.txt'])
      assert.deepEqual(await shown(disk, 'a'), ['a/1', 'a/2', 'a/b/'])
      assert.deepEqual(await shown(disk, 'a/b/'), ['a/b/3', 'a/b/c/'])
      assert.deepEqual(await shown(disk, 'a', true), ['a/1', 'a/2', 'a/b/3', 'a/b/c/4'])
      assert.deepEqual(await shown(disk, 'nothing', true), [])
      const { objects } = await disk.listAll('a')
      const [file] = [...objects].filter((object) => object.isFile)
      assert.equal(file.name, '1')
      assert.equal(await file.get(), 'a/1')
      assert.equal((await file.getMetaData()).contentLength, 3)
    })

    test('a file is private', async ({ assert }) => {
      await disk.put('secret', 'x')
      assert.equal(await disk.getVisibility('secret'), 'private')
      await disk.setVisibility('secret', 'private')
      assert.equal(await disk.getVisibility('secret'), 'private')
    })
  })
}

async function* slowly(parts: Buffer[]) {
  for (const part of parts) {
    yield part
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

async function keysIn(disk: Disk): Promise<string[]> {
  return shown(disk, '/', true)
}

async function shown(disk: Disk, prefix: string, recursive = false): Promise<string[]> {
  const { objects, paginationToken } = await disk.listAll(prefix, { recursive })
  if (paginationToken) throw new Error('There is more than one page.')
  return [...objects].map((object) => (object.isFile ? object.key : `${object.prefix}/`)).sort()
}

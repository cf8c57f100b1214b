import { setTimeout as wait } from 'node:timers/promises'
import { buffer } from 'node:stream/consumers'
import { PassThrough, Readable } from 'node:stream'
import { test } from '@japa/runner'
import type { ContainerClient } from '@azure/storage-blob'
import { Disk, errors, KeyNormalizer } from 'flydrive'
import { AzureBlobDriver } from '#drive/azure_blob_driver'
import { attachment } from '#drive/attachment'
import { startAzurite, type Azurite } from '#tests/support/azurite'
import { random, sha256 } from './bytes.js'

const MIB = 1024 * 1024

/** What Azure does beyond what every disk does (`disks.spec.ts`), against a real Azurite. */
test.group('Azure driver', (group) => {
  let azurite: Azurite
  let container: ContainerClient
  let disk: Disk
  /** With a container for public files beside it. */
  let both: Disk

  const driver = (options: { publicContainer?: string; container?: string } = {}) =>
    new AzureBlobDriver({
      connectionString: azurite.connectionString,
      container: 'files',
      visibility: 'private',
      ...options,
    })

  group.setup(async () => {
    azurite = await startAzurite()
    container = azurite.service.getContainerClient('files')
    await container.create()
    await azurite.service.getContainerClient('open').create({ access: 'blob' })
    disk = new Disk(driver())
    both = new Disk(driver({ publicContainer: 'open' }))
    return () => azurite.stop()
  })
  group.each.setup(() => both.deleteAll('/'))

  test('headers are kept, and are what metadata and readers get', async ({ assert }) => {
    await disk.put('page', '<p>ä</p>', {
      contentType: 'text/html; charset=utf-8',
      cacheControl: 'no-store',
      contentDisposition: 'attachment',
      contentLanguage: 'de',
    })
    assert.equal((await disk.getMetaData('page')).contentType, 'text/html; charset=utf-8')
    const response = await fetch(await disk.getSignedUrl('page'))
    assert.equal(await response.text(), '<p>ä</p>')
    assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8')
    assert.equal(response.headers.get('cache-control'), 'no-store')
    assert.equal(response.headers.get('content-disposition'), 'attachment')
    assert.equal(response.headers.get('content-language'), 'de')
    await disk.put('plain', 'x')
    assert.equal((await disk.getMetaData('plain')).contentType, 'application/octet-stream')
  })

  test('a copy keeps the headers, but for those that are named', async ({ assert }) => {
    await disk.put('a', 'x', { contentType: 'text/css', cacheControl: 'no-store' })
    await disk.copy('a', 'b')
    assert.equal((await disk.getMetaData('b')).contentType, 'text/css')
    await disk.move('b', 'c', { contentType: 'text/plain' })
    const { contentType, cacheControl } = await container.getBlobClient('c').getProperties()
    assert.deepEqual([contentType, cacheControl], ['text/plain', 'no-store'])
  })

  test('copying or moving a file onto itself changes nothing', async ({ assert }) => {
    await disk.put('same', 'x')
    await disk.copy('same', 'same')
    await disk.move('same', 'same')
    assert.equal(await disk.get('same'), 'x')
  })

  test('keys of every script work, once flydrive is told to let them through', async ({
    assert,
    cleanup,
  }) => {
    const allowed = KeyNormalizer.allowedCharacterSet
    cleanup(() => {
      KeyNormalizer.allowedCharacterSet = allowed
    })
    await assert.rejects(() => disk.put('ä', 'x'), /unallowed characters/)
    KeyNormalizer.allowedCharacterSet = /./u
    const key = 'Ordner mit %20/Größe 100% & mehr #1 + 世界🌍?.txt'
    await disk.put(key, 'drin')
    assert.equal(await disk.get(key), 'drin')
    assert.equal(await (await fetch(await disk.getSignedUrl(key))).text(), 'drin')
    await disk.copy(key, 'Ordner mit %20/zwei')
    const { objects } = await disk.listAll('Ordner mit %20')
    assert.sameMembers(
      [...objects].map((object) => object.isFile && object.key),
      [key, 'Ordner mit %20/zwei']
    )
    await disk.move(key, 'é')
    assert.equal(await disk.get('é'), 'drin')
    await disk.deleteAll('Ordner mit %20')
    assert.isFalse(await disk.exists('Ordner mit %20/zwei'))
  })

  test('a broken upload leaves what was there, and nothing where nothing was', async ({
    assert,
  }) => {
    await disk.put('kept', 'as it was')
    for (const key of ['kept', 'new']) {
      const source = new PassThrough()
      source.write(random(9 * MIB))
      setTimeout(() => source.destroy(), 100)
      await assert.rejects(() => disk.putStream(key, source), /Cannot write file/)
    }
    assert.equal(await disk.get('kept'), 'as it was')
    assert.isFalse(await disk.exists('new'))
  })

  test('a stream is read no faster than it is written', async ({ assert }) => {
    let made = 0
    let ahead = 0
    const source = Readable.from(
      (function* () {
        for (; made < 64; made++) yield random(MIB)
      })()
    )
    const open = container.getBlockBlobClient('slow')
    const upload = disk.putStream('slow', source)
    const watch = setInterval(async () => {
      const { uncommittedBlocks } = await open
        .getBlockList('uncommitted')
        .catch(() => ({ uncommittedBlocks: [] as { size: number }[] }))
      const arrived = (uncommittedBlocks ?? []).reduce((sum, { size }) => sum + size, 0)
      if (made < 64) ahead = Math.max(ahead, made * MIB - arrived)
    }, 5)
    await upload
    clearInterval(watch)
    assert.equal((await disk.getMetaData('slow')).contentLength, 64 * MIB)
    assert.isBelow(ahead, 24 * MIB)
  })

  test('what Azure refuses is an error of flydrive', async ({ assert }) => {
    await disk.put('x', 'x')
    const wrongKey = new Disk(
      new AzureBlobDriver({
        connectionString: azurite.connectionString.replace(
          /AccountKey=[^;]+/,
          `AccountKey=${random(64).toString('base64')}`
        ),
        container: 'files',
        visibility: 'private',
      })
    )
    const fails = async (act: () => Promise<unknown>, error: any) =>
      assert.instanceOf(await act().catch((thrown) => thrown), error)
    await fails(() => wrongKey.exists('x'), errors.E_CANNOT_CHECK_FILE_EXISTENCE)
    await fails(() => wrongKey.get('x'), errors.E_CANNOT_READ_FILE)
    await fails(() => wrongKey.put('x', 'y'), errors.E_CANNOT_WRITE_FILE)
    await fails(() => wrongKey.delete('x'), errors.E_CANNOT_DELETE_FILE)
    await fails(() => wrongKey.deleteAll('x'), errors.E_CANNOT_DELETE_DIRECTORY)
    await fails(() => wrongKey.getVisibility('x'), errors.E_CANNOT_GET_METADATA)
    await assert.rejects(() => wrongKey.listAll('/'))
  })

  test('more than a page is listed page by page, in folders and through all of them', async ({
    assert,
  }) => {
    const keys = Array.from({ length: 23 }, (_, n) => `many/${String(n).padStart(2, '0')}`)
    for (const key of [...keys, 'many/deep/er', 'many/deep/est']) await disk.put(key, 'x')
    for (const [recursive, expected] of [
      [true, [...keys, 'many/deep/er', 'many/deep/est']],
      [false, [...keys, 'many/deep']],
    ] as const) {
      const found: string[] = []
      let pages = 0
      let paginationToken: string | undefined
      do {
        const options = { recursive, paginationToken, maxResults: 4 }
        const page = await disk.listAll('many', options)
        const objects = [...page.objects]
        assert.isAtMost(objects.length, 4)
        found.push(...objects.map((object) => (object.isFile ? object.key : object.prefix)))
        paginationToken = page.paginationToken
        pages++
      } while (paginationToken)
      assert.sameMembers(found, [...expected])
      assert.isAbove(pages, 5)
    }
    await disk.deleteAll('many')
    assert.lengthOf([...(await disk.listAll('/', { recursive: true })).objects], 0)
  })

  test('a signed URL gives one file, for as long as was asked, as was asked', async ({
    assert,
  }) => {
    await disk.put('signed', 'sécret', { contentType: 'text/html' })
    await disk.put('other', 'x')
    const url = await disk.getSignedUrl('signed', {
      expiresIn: 2,
      contentType: 'application/octet-stream',
      contentDisposition: attachment('Geheim ä.html'),
    })
    const response = await fetch(url)
    assert.equal(await response.text(), 'sécret')
    assert.equal(response.headers.get('content-type'), 'application/octet-stream')
    assert.equal(
      response.headers.get('content-disposition'),
      `attachment; filename="Geheim _.html"; filename*=UTF-8''Geheim%20%C3%A4.html`
    )
    assert.equal((await fetch(url.replace('/signed?', '/other?'))).status, 403)
    assert.equal((await fetch(url.replace('octet-stream', 'xhtml'))).status, 403)
    assert.equal((await fetch(url, { method: 'DELETE' })).status, 403)
    assert.isAtLeast((await fetch(url.split('?')[0])).status, 400)
    await wait(2_500)
    assert.equal((await fetch(url)).status, 403)
    assert.closeTo(expiryOf(await disk.getSignedUrl('signed')), Date.now() + 30 * 60_000, 5_000)
    const day = await disk.getSignedUrl('signed', { expiresIn: '1 day' })
    assert.closeTo(expiryOf(day), Date.now() + 24 * 3600_000, 5_000)
  })

  test('a signed upload URL takes one file, for as long as was asked, and shows none', async ({
    assert,
  }) => {
    const url = await disk.getSignedUploadUrl('uploaded', { expiresIn: 2 })
    const put = (to: string) =>
      fetch(to, {
        method: 'PUT',
        body: 'hochgeladen: ü',
        headers: { 'x-ms-blob-type': 'BlockBlob', 'x-ms-blob-content-type': 'text/plain' },
      })
    assert.equal((await put(url)).status, 201)
    assert.equal(await disk.get('uploaded'), 'hochgeladen: ü')
    assert.equal((await disk.getMetaData('uploaded')).contentType, 'text/plain')
    assert.equal((await fetch(url)).status, 403)
    assert.equal((await put(url.replace('/uploaded?', '/elsewhere?'))).status, 403)
    await wait(2_500)
    assert.equal((await put(url)).status, 403)
  })

  test('without a container for public files no file is made public', async ({ assert }) => {
    await disk.put('x', 'x')
    await assert.rejects(() => disk.setVisibility('x', 'public'), /Unable to set visibility/)
    await assert.rejects(() => disk.put('y', 'y', { visibility: 'public' }), /Cannot write/)
    assert.isFalse(await disk.exists('y'))
    assert.equal(await disk.getVisibility('x'), 'private')
    const open = new Disk(driver({ container: 'open' }))
    await open.put('o', 'o')
    assert.equal(await open.getVisibility('o'), 'public')
    await assert.rejects(() => open.setVisibility('o', 'private'))
    assert.throws(
      () =>
        new AzureBlobDriver({
          connectionString: azurite.connectionString,
          container: 'files',
          visibility: 'public',
        })
    )
  })

  test('a public file is read by anybody, and by nobody once it is private again', async ({
    assert,
  }) => {
    await both.put('logo', 'öffentlich', { contentType: 'text/plain' })
    const url = await both.getUrl('logo')
    assert.equal(await both.getVisibility('logo'), 'private')
    assert.equal((await fetch(url)).status, 404)

    await both.setVisibility('logo', 'public')
    assert.equal(await both.getVisibility('logo'), 'public')
    const response = await fetch(url)
    assert.equal(await response.text(), 'öffentlich')
    assert.equal(response.headers.get('content-type'), 'text/plain')
    assert.equal(await both.get('logo'), 'öffentlich')
    assert.equal((await both.getMetaData('logo')).contentLength, 11)
    assert.equal(await (await fetch(await both.getSignedUrl('logo'))).text(), 'öffentlich')

    await both.copy('logo', 'copy')
    assert.equal(await both.getVisibility('copy'), 'public')
    await both.copy('logo', 'copy', { visibility: 'private' })
    assert.equal(await both.getVisibility('copy'), 'private')
    assert.equal((await fetch(await both.getUrl('copy'))).status, 404)

    await both.setVisibility('logo', 'private')
    assert.equal((await fetch(url)).status, 404)
    assert.equal(await both.get('logo'), 'öffentlich')
    assert.isFalse(await azurite.service.getContainerClient('open').getBlobClient('logo').exists())
  })

  test('with both containers a key is one file, and lists and deletions see all', async ({
    assert,
  }) => {
    await both.put('f/one', 'private')
    await both.put('f/one', 'public', { visibility: 'public' })
    assert.equal(await both.get('f/one'), 'public')
    assert.isFalse(await container.getBlobClient('f/one').exists())
    await both.put('f/two', 'x')
    await both.put('f/three', 'x', { visibility: 'public' })
    const found: string[] = []
    let paginationToken: string | undefined
    do {
      const options = { recursive: true, paginationToken, maxResults: 1 }
      const page = await both.listAll('f', options)
      for (const object of page.objects) if (object.isFile) found.push(object.key)
      paginationToken = page.paginationToken
    } while (paginationToken)
    assert.sameMembers(found, ['f/one', 'f/two', 'f/three'])
    await both.move('f/three', 'g')
    assert.equal(await both.getVisibility('g'), 'public')
    await both.delete('g')
    assert.isFalse(await both.exists('g'))
    await both.deleteAll('f')
    assert.isFalse(await both.exists('f/one'))
    assert.isFalse(await both.exists('f/two'))
  })

  test('another bucket is another container of the same account', async ({ assert }) => {
    await azurite.service.getContainerClient('second').createIfNotExists()
    const second = new Disk(driver().bucket('second'))
    await second.put('x', 'in the second')
    assert.isFalse(await disk.exists('x'))
    assert.equal(await second.get('x'), 'in the second')
    const bytes = random(100)
    await second.putStream('y', Readable.from([bytes]))
    assert.equal(sha256(await buffer(await second.getStream('y'))), sha256(bytes))
  })
})

const expiryOf = (url: string): number => Date.parse(new URL(url).searchParams.get('se')!)

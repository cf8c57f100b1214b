import { readdir, readlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from '@japa/runner'
import drive from '@adonisjs/drive/services/main'
import { DateTime } from 'luxon'
import { signedDownload } from '#drive/signed_download'
import env from '#start/env'
import { inSnapshot } from '#database/snapshot'
import { writeExport } from '#privacy/write_export'
import { api, expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { ownUrl } from '#tests/support/live'
import { fundedProject } from '#tests/support/projects'
import { tokenOf } from '#tests/support/users'
import { waitFor } from '../../../bin/surroundings/wait.js'

const FDS = '/proc/self/fd'

/** Files that this process has open, which is also the server: of the disk, and temporary ones. */
async function openFiles(): Promise<string[]> {
  const fds = await readdir(FDS)
  const files = await Promise.all(fds.map((fd) => readlink(`${FDS}/${fd}`).catch(() => '')))
  const ours = [env.get('DRIVE_ROOT')!, `${tmpdir()}/safesend-`]
  return files.filter((file) => ours.some((place) => file.startsWith(place)))
}

/** Fails with the files that stay open. A garbage collection would close some; it is not waited for. */
async function assertAllClosed() {
  let open: string[] = []
  const isClosed = async () => (open = await openFiles()).length === 0
  await waitFor('all files to be closed', isClosed, { withinMs: 5000, everyMs: 10 }).catch(() => {
    throw new Error(`Still open:\n${open.join('\n')}`)
  })
}

/** Asks, and is gone: at once, or when the first of the answer is there. */
async function hangUp(path: string, when: 'at once' | 'midway', token = ''): Promise<void> {
  const { hostname, port } = new URL(ownUrl())
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`)
  if (when === 'midway') {
    const first = await new Promise<Buffer>((resolve) => socket.once('data', resolve))
    if (!first.toString().startsWith('HTTP/1.1 200')) throw new Error(first.toString())
    socket.pause()
    // Until nothing more fits in between, and the server waits.
    await sleep(100)
  } else await sleep(Math.random() * 20)
  socket.destroy()
}

test.group('Files that are read for an answer', (group) => {
  group.each.setup(() => resetAll())
  group.tap((each) => each.skip(process.platform !== 'linux', `there is no ${FDS}`))

  test('a statement leaves none open: read, only asked about, or not waited for', async ({
    assert,
  }) => {
    const { client } = await fundedProject()
    const token = await tokenOf(client)
    const [from, to] = [-1, 1].map((days) => DateTime.utc().plus({ days }).toISODate())
    const path = `/api/payments/statement?from=${from}&to=${to}`
    const ask = (method: string) =>
      fetch(`${ownUrl()}${path}`, { method, headers: { authorization: `Bearer ${token}` } })

    const read = await ask('GET')
    const size = (await read.arrayBuffer()).byteLength
    assert.isAbove(size, 100)
    assert.equal(read.headers.get('content-length'), String(size))
    await assertAllClosed()

    const head = await ask('HEAD')
    assert.equal(head.status, 200)
    assert.equal(head.headers.get('content-length'), String(size))
    await assertAllClosed()

    await Promise.all(Array.from({ length: 20 }, () => hangUp(path, 'at once', token)))
    await sleep(200)
    await assertAllClosed()
  })

  test('a download leaves none open: read, only asked about, or broken off', async ({ assert }) => {
    const key = 'open-files/large.bin'
    const bytes = new Uint8Array(32 * 1024 * 1024)
    await drive.use().put(key, bytes)
    try {
      const { url } = await signedDownload(key, { name: 'large.bin' })
      const path = url.slice(new URL(url).origin.length)

      const read = await fetch(url)
      assert.equal((await read.arrayBuffer()).byteLength, bytes.length)
      await assertAllClosed()

      const head = await fetch(url, { method: 'HEAD' })
      assert.equal(head.status, 200)
      assert.equal(head.headers.get('content-length'), String(bytes.length))
      await assertAllClosed()

      const midway = Array.from({ length: 5 }, () => hangUp(path, 'midway'))
      await sleep(80)
      assert.isNotEmpty(await openFiles())
      await Promise.all(midway)
      await assertAllClosed()
      await Promise.all(Array.from({ length: 20 }, () => hangUp(path, 'at once')))
      await sleep(200)
      await assertAllClosed()
    } finally {
      await drive.use().delete(key)
    }
  })

  test('an export that is given up leaves none open', async ({ assert }) => {
    const { freelancer, milestone } = await fundedProject()
    const bytes = new Uint8Array(8 * 1024 * 1024)
    const path = `milestones/${milestone.id}/deliverables`
    expectData(await api(freelancer).upload(path, 'file', bytes), 201)
    await inSnapshot(async (trx) => {
      const { zip } = writeExport(trx, freelancer.id)
      let size = 0
      for await (const chunk of zip) if ((size += chunk.length) > 1024 * 1024) break
      assert.isAbove(size, 1024 * 1024)
      await assertAllClosed()
    })
  })
})

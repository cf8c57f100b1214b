import { createServer, type Server, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { test } from '@japa/runner'
import { setVariable } from '#tests/support/environment'
import db from '@adonisjs/lucid/services/db'
import drive from '@adonisjs/drive/services/main'
import { scan } from '#drive/virus_scanner'
import tidyFiles from '#jobs/tidy_files'
import Deliverable from '#models/deliverable'
import { api, expectData, expectProblem } from '#tests/support/api'
import { SIGNATURE, startClamd, VIRUS, type Clamd } from '#tests/support/clamd'
import { resetAll } from '#tests/support/database'
import { drain } from '#tests/support/jobs'
import { fundedMilestone, type Case } from '#tests/support/projects'
import { random, streamOf } from './bytes.js'
import { freePort } from '../../../bin/surroundings/ports.js'

const MIB = 1024 * 1024

/** What clamd answers when it is in this mood. */
async function liar(answer: (socket: Socket) => void): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    answer(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

const portOf = (server: Server) => (server.address() as { port: number }).port

test.group('Virus scanning', (group) => {
  let clamd: Clamd
  let work: Case

  const use = (port: number) => {
    setVariable('CLAMAV_HOST', '127.0.0.1')
    setVariable('CLAMAV_PORT', port)
  }

  group.setup(async () => {
    clamd = await startClamd({ maxMb: 8 })
    return async () => {
      setVariable('CLAMAV_HOST', '')
      await clamd.stop()
    }
  })
  group.each.setup(async () => {
    await resetAll()
    await drive.use().deleteAll('deliverables')
    await drive.use().deleteAll('quarantine')
    work = await fundedMilestone()
    use(clamd.port)
  })

  const upload = async (bytes: Uint8Array | string) =>
    expectData(
      await api(work.freelancer).upload(
        `milestones/${work.milestone.id}/deliverables`,
        'file',
        bytes
      ),
      201
    )
  const download = (id: string) => api(work.client).get(`deliverables/${id}/download`)
  const statusOf = async (id: string) => (await Deliverable.findOrFail(id)).scanStatus

  test('a file waits for the scanner, and can be downloaded once that found nothing', async ({
    assert,
  }) => {
    const file = await upload(random(3 * MIB))
    assert.equal(file.scan_status, 'pending')
    expectProblem(await download(file.id), 409, 'scan_pending')
    expectProblem(
      await api(work.freelancer).post(`milestones/${work.milestone.id}/submit`, {
        note: 'x',
        deliverable_ids: [file.id],
      }),
      409,
      'scan_pending'
    )
    await drain()
    assert.equal(await statusOf(file.id), 'clean')
    const { url } = expectData(await download(file.id))
    assert.equal((await fetch(url)).status, 200)
  })

  test('a file with a virus in it is put away, nobody gets it, and who sent it is told', async ({
    assert,
  }) => {
    const bytes = Buffer.concat([random(MIB), Buffer.from(VIRUS), random(MIB)])
    const file = await upload(bytes)
    const { storageKey: before } = await Deliverable.findOrFail(file.id)
    await drain()

    const infected = await Deliverable.findOrFail(file.id)
    assert.equal(infected.scanStatus, 'infected')
    assert.match(infected.scanSignature!, new RegExp(`^${SIGNATURE}`))
    assert.match(infected.storageKey, /^quarantine\/[0-9a-f]{32}$/)
    assert.isFalse(await drive.use().exists(before))
    assert.isTrue(await drive.use().exists(infected.storageKey))

    expectProblem(await download(file.id), 409, 'quarantined')
    expectProblem(
      await api(work.freelancer).post(`milestones/${work.milestone.id}/submit`, {
        note: 'x',
        deliverable_ids: [file.id],
      }),
      409,
      'quarantined'
    )
    const [told] = expectData(await api(work.freelancer).get('notifications'))
    assert.equal(told.kind, 'deliverable.quarantined')
    assert.equal(told.data.deliverable_id, file.id)
    assert.include(told.body, SIGNATURE)
    const history = await db.from('activity').where('action', 'deliverable.quarantined')
    assert.lengthOf(history, 1)
    assert.containSubset(history[0], { subject_id: file.id, details: { sha256: file.sha256 } })

    assert.equal((await api(work.freelancer).delete(`deliverables/${file.id}`)).status, 204)
    await drain()
    assert.isFalse(await drive.use().exists(infected.storageKey))
  })

  test('a try that ended halfway is finished by the next, and nobody is told twice', async ({
    assert,
    cleanup,
  }) => {
    const file = await upload(VIRUS)
    const disk = drive.use().driver
    const move = disk.move
    cleanup(() => {
      disk.move = move
    })
    disk.move = async (...args) => {
      await move.apply(disk, args)
      throw new Error('The process ends here.')
    }
    await drain({ mayFail: true })
    assert.equal(await statusOf(file.id), 'infected')
    expectProblem(await download(file.id), 409, 'quarantined')
    disk.move = move
    await drain({ retryNow: true })
    const { storageKey } = await Deliverable.findOrFail(file.id)
    assert.match(storageKey, /^quarantine\//)
    assert.isTrue(await drive.use().exists(storageKey))
    const told = await db.from('notifications').where('kind', 'deliverable.quarantined')
    assert.lengthOf(told, 1)
  })

  test('while the scanner is down a file waits; when it is back the file is scanned', async ({
    assert,
  }) => {
    use(await freePort())
    const file = await upload('harmless')
    const virus = await upload(VIRUS)
    const { failed } = await drain({ mayFail: true })
    assert.equal(failed, 2)
    assert.equal(await statusOf(file.id), 'pending')
    expectProblem(await download(file.id), 409, 'scan_pending')

    // It was down for longer than jobs try: what is left are the rows.
    await db.from('pgboss.job').delete()
    await db.rawQuery(`UPDATE deliverables SET created_at = now() - interval '1 day'`)
    use(clamd.port)
    await tidyFiles.handle({}, { signal: new AbortController().signal } as never)
    await drain()
    assert.equal(await statusOf(file.id), 'clean')
    assert.equal(await statusOf(virus.id), 'infected')
  })

  test('a file that the scanner refuses, or judges in words nobody knows, is not let through', async ({
    assert,
    cleanup,
  }) => {
    const servers: Server[] = []
    cleanup(() => servers.forEach((server) => server.close()))
    const moods: Record<string, (socket: Socket) => void> = {
      'hangs up at once': (socket) => socket.destroy(),
      'hangs up in the middle': (socket) => socket.once('data', () => socket.end()),
      'errs': (socket) => socket.once('data', () => socket.end('stream: out of memory ERROR\0')),
      'says OK of something else': (socket) => socket.once('data', () => socket.end('x: OK\0')),
      'is cut off before the end': (socket) => socket.once('data', () => socket.end('stream: OK')),
    }
    for (const [mood, answer] of Object.entries(moods)) {
      servers.push(await liar(answer))
      use(portOf(servers.at(-1)!))
      const verdict = await scan(streamOf(random(2 * MIB), 65_536)).catch((error) => error)
      assert.instanceOf(verdict, Error, mood)
    }
    use(clamd.port)
    // Beyond StreamMaxLength: clamd says so and hangs up, and the one may overtake the other.
    await assert.rejects(
      () => scan(streamOf(random(9 * MIB), 65_536)),
      /size limit exceeded|ECONNRESET|EPIPE/
    )
    await assert.rejects(() => scan(Readable.from(broken())), /the disk/)
    assert.deepEqual(await scan(Readable.from([Buffer.from('x')])), { clean: true })
    const { clean } = await scan(Readable.from([Buffer.from(VIRUS)]))
    assert.isFalse(clean)
  })

  test('a file that is not on the disk any more fails its job, and nothing else', async ({
    assert,
  }) => {
    const file = await upload('x')
    await drive.use().deleteAll('deliverables')
    const { errors } = await drain({ mayFail: true })
    assert.lengthOf(errors, 1)
    assert.match(String(errors[0].error), /ENOENT/)
    assert.equal(await statusOf(file.id), 'pending')
  })

  test('the scanner is found by its socket, too', async ({ assert, cleanup }) => {
    cleanup(() => {
      setVariable('CLAMAV_SOCKET', '')
    })
    setVariable('CLAMAV_HOST', '')
    setVariable('CLAMAV_SOCKET', clamd.socket)
    assert.isFalse((await scan(Readable.from([Buffer.from(VIRUS)]))).clean)
  })

  test('without a scanner files are not scanned, and say so', async ({ assert }) => {
    const waiting = await upload('x')
    setVariable('CLAMAV_HOST', '')
    const file = await upload(VIRUS)
    assert.equal(file.scan_status, 'unscanned')
    expectData(await download(file.id))
    await drain()
    assert.equal(await statusOf(waiting.id), 'unscanned')
  })
})

async function* broken() {
  yield random(100)
  throw new Error('the disk')
}

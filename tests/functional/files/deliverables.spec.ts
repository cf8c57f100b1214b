import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import drive from '@adonisjs/drive/services/main'
import sharp from 'sharp'
import { changeSetting } from '#escrow/settings'
import { receiveFile } from '#drive/multipart'
import { deleteOrphans } from '#drive/delete_orphans'
import Deliverable from '#models/deliverable'
import type Milestone from '#models/milestone'
import type User from '#models/user'
import { api, expectData, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { drain } from '#tests/support/jobs'
import { activeProject, fundedMilestone, fundedProject, pay } from '#tests/support/projects'
import { aClient, aFreelancer } from '#tests/support/users'
import { random, sha256 } from './bytes.js'
import { age, Upload } from './upload.js'

const MIB = 1024 * 1024

/** Files below `deliverables/` of the disk. */
const stored = async () =>
  [...(await drive.use().listAll('deliverables', { recursive: true })).objects].length

const pathOf = ({ id }: { id: string }) => `milestones/${id}/deliverables`

async function uploaded(
  by: User,
  milestone: Milestone,
  bytes: Uint8Array | string = 'work',
  name?: string
) {
  return expectData(await api(by).upload(pathOf(milestone), 'file', bytes, name), 201)
}

test.group('Deliverables', (group) => {
  group.each.setup(async () => {
    await resetAll()
    await drive.use().deleteAll('deliverables')
  })

  test('a file goes from the freelancer to the client, byte by byte', async ({ assert }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const bytes = random(3 * MIB + 17)
    const name = 'Entwürfe 世界 "final".zip'
    const file = await uploaded(freelancer, milestone, bytes, name)
    assert.containSubset(file, {
      milestone_id: milestone.id,
      uploaded_by: freelancer.id,
      name,
      size: bytes.length,
      content_type: 'application/octet-stream',
      sha256: sha256(bytes),
      scan_status: 'unscanned',
      submitted_at: null,
    })
    const listed = expectData(await api(client).get(pathOf(milestone)))
    assert.deepEqual(listed, [file])

    expectData(
      await api(freelancer).post(`milestones/${milestone.id}/submit`, {
        note: 'Here it is.',
        deliverable_ids: [file.id],
      })
    )
    const seen = expectData(await api(client).get(`milestones/${milestone.id}`))
    const kept = {
      id: file.id,
      name,
      size: bytes.length,
      content_type: file.content_type,
      sha256: file.sha256,
    }
    assert.deepEqual(seen.deliverables, [kept])
    assert.deepEqual(seen.submission.deliverables, [kept])

    for (const party of [client, freelancer]) {
      const link = expectData(await api(party).get(`deliverables/${file.id}/download`))
      assert.closeTo(Date.parse(link.expires_at), Date.now() + 300_000, 10_000)
      const response = await fetch(link.url)
      assert.equal(sha256(Buffer.from(await response.arrayBuffer())), file.sha256)
      assert.equal(
        response.headers.get('content-disposition'),
        `attachment; filename="Entw_rfe __ _final_.zip"; filename*=UTF-8''Entw%C3%BCrfe%20%E4%B8%96%E7%95%8C%20%22final%22.zip`
      )
    }
  })

  test('nobody else sees, fetches or deletes a file, and the client uploads none', async () => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const { id } = await uploaded(freelancer, milestone)
    for (const stranger of [await aClient(), await aFreelancer()]) {
      expectProblem(await api(stranger).get(pathOf(milestone)), 404)
      expectProblem(await api(stranger).get(`deliverables/${id}/download`), 404)
      expectProblem(await api(stranger).delete(`deliverables/${id}`), 404)
      expectProblem(await api(stranger).upload(pathOf(milestone), 'file', 'x'), 404)
    }
    expectProblem(await api().get(`deliverables/${id}/download`), 401)
    expectProblem(await api(client).upload(pathOf(milestone), 'file', 'x'), 403, 'forbidden')
    expectProblem(await api(client).delete(`deliverables/${id}`), 403, 'forbidden')
  })

  test('only a milestone that is funded and not finished takes files', async ({ assert }) => {
    const { client, freelancer, milestones } = await activeProject({ amounts: ['10.00', '10.00'] })
    const before = await api(freelancer).upload(pathOf(milestones[0]), 'file', 'x')
    expectProblem(before, 409, 'not_funded')
    const funded = await fundedProject({ client, freelancer })
    await uploaded(freelancer, funded.milestone)
    expectData(await pay(client, 'payments/release', { milestone_id: funded.milestone.id }), 201)
    const after = await api(freelancer).upload(pathOf(funded.milestone), 'file', 'x')
    expectProblem(after, 409, 'milestone_closed')
    assert.equal(await stored(), 1)
  })

  test('a milestone that is released while a file comes in does not get it', async ({ assert }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const upload = await Upload.start(freelancer, pathOf(milestone))
    await upload.send(random(MIB))
    expectData(await pay(client, 'payments/release', { milestone_id: milestone.id }), 201)
    const { status, body } = await upload.finish()
    assert.deepEqual([status, body.code], [409, 'milestone_closed'])
    assert.equal(await stored(), 0)
    assert.lengthOf(await Deliverable.all(), 0)
  })

  test('what a file is, its contents say', async ({ assert }) => {
    const { freelancer, milestone } = await fundedMilestone()
    const options = { width: 9, height: 9, channels: 3 as const, background: '#fff' }
    const png = await sharp({ create: options }).png().toBuffer()
    const files: [string, Uint8Array | string, string][] = [
      ['page.html', png, 'image/png'],
      ['picture.png', '<html><script>alert(1)</script>', 'text/plain'],
      ['letter.pdf', '%PDF-1.7\n%âãÏÓ\n', 'application/pdf'],
      ['notes', 'Grüße, 世界\r\n\tEnde', 'text/plain'],
      ['cut.txt', `${'x'.repeat(16 * 1024 - 1)}ü and more`, 'text/plain'],
      ['data.txt', Buffer.from([1, 2, 3, 0]), 'application/octet-stream'],
      ['latin1.txt', Buffer.from('Grüße', 'latin1'), 'application/octet-stream'],
      ['drawing.png', '<?xml version="1.0"?><svg/>', 'application/xml'],
    ]
    for (const [name, bytes, expected] of files) {
      const file = await uploaded(freelancer, milestone, bytes, name)
      assert.equal(file.content_type, expected, name)
      const { url } = expectData(await api(freelancer).get(`deliverables/${file.id}/download`))
      const response = await fetch(url)
      assert.notMatch(response.headers.get('content-type')!, /html|svg|xml/)
      assert.match(response.headers.get('content-disposition')!, /^attachment/)
      await response.arrayBuffer()
    }
  })

  test('a name is a label: without folders, control characters or tricks, in any script', async ({
    assert,
  }) => {
    const { freelancer, milestone } = await fundedMilestone()
    const names: [string, string][] = [
      ['../../etc/passwd', 'passwd'],
      ['C:\\Users\\me\\plan.doc', 'plan.doc'],
      ['..', 'file'],
      ['/', 'file'],
      ['a\u202egnp.exe', 'agnp.exe'],
      ['line\nbreak\t.txt', 'linebreak.txt'],
      ['  спецификация   ٢.pdf ', 'спецификация ٢.pdf'],
      [`${'長'.repeat(300)}.tar`, `${'長'.repeat(196)}.tar`],
      ['<script>alert(1)</script>', 'script>'],
      ["'; DROP TABLE x; --", "'; DROP TABLE x; --"],
    ]
    for (const [sent, shown] of names) {
      const file = await uploaded(freelancer, milestone, 'x', sent)
      assert.equal(file.name, shown)
      const { storageKey } = await Deliverable.findOrFail(file.id)
      assert.match(storageKey, new RegExp(`^deliverables/${milestone.id}/[0-9a-f]{32}$`))
      const { url } = expectData(await api(freelancer).get(`deliverables/${file.id}/download`))
      assert.equal((await fetch(url)).status, 200)
    }
  })

  test('a file beyond the limit is refused while it comes in, whatever length was declared', async ({
    assert,
  }) => {
    const { freelancer, milestone } = await fundedMilestone()
    await db.transaction((trx) => changeSetting(trx, 'deliverable_max_mb', 2, 'test'))
    const declared = await api(freelancer).upload(pathOf(milestone), 'file', random(2 * MIB + 1))
    assert.equal(expectProblem(declared, 413, 'too_large').max_bytes, 2 * MIB)
    const far = await api(freelancer).upload(pathOf(milestone), 'file', random(9 * MIB))
    expectProblem(far, 413, 'too_large')
    const upload = await Upload.start(freelancer, pathOf(milestone), { chunked: true })
    for (let sent = 0; sent < 8 && !upload.answered; sent++) await upload.send(random(MIB))
    const { status, body } = await upload.answer()
    assert.deepEqual([status, body.code], [413, 'too_large'])
    assert.equal(await stored(), 0)
    await uploaded(freelancer, milestone, random(2 * MIB))
    assert.equal(await stored(), 1)
  })

  test('a client that goes away in the middle leaves neither row nor file', async ({ assert }) => {
    const { freelancer, milestone } = await fundedMilestone()
    for (const chunked of [true, false]) {
      const upload = await Upload.start(freelancer, pathOf(milestone), { chunked, size: 50 * MIB })
      await upload.send(random(5 * MIB))
      await upload.until(async () => (await stored()) === 1)
      upload.breakOff()
      await upload.until(async () => (await stored()) === 0)
    }
    assert.lengthOf(await Deliverable.all(), 0)
  })

  test('a client that says nothing for long is taken for gone', async ({ assert, cleanup }) => {
    let outcome: Promise<unknown> | undefined
    const server = createServer((request) => {
      const rules = { field: 'file', maxBytes: MIB, silenceMs: 100 }
      outcome = receiveFile(request, rules, ({ contents }) => buffer(contents))
      outcome.catch(() => {})
    })
    cleanup(() => {
      server.close()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const freelancer = await aFreelancer()
    const { port } = server.address() as { port: number }
    const upload = await Upload.start(freelancer, 'x', { port: String(port) })
    await upload.send(random(1000))
    await upload.until(async () => outcome !== undefined)
    await assert.rejects(() => outcome!, 'The upload broke off.')
  })

  test('a body that ends too early, or is no form, leaves nothing and is a 4xx', async ({
    assert,
  }) => {
    const { freelancer, milestone } = await fundedMilestone()
    const disposition = 'Content-Disposition: form-data; name="file"; filename="a"'
    const bodies: [string, string | Buffer, number][] = [
      ['no end', `--b\r\n${disposition}\r\n\r\nabc`, 400],
      [
        'no end of a part that nobody reads',
        '--b\r\nContent-Disposition: form-data; name="f"; filename=""\r\n\r\nabc',
        400,
      ],
      ['no end of headers', `--b\r\n${disposition}`, 400],
      [
        'headers of 20 KB',
        `--b\r\nX: ${'x'.repeat(20_000)}\r\n${disposition}\r\n\r\nabc\r\n--b--`,
        400,
      ],
      ['nothing', '', 400],
      ['no boundary', 'hello', 400],
      ['junk after a boundary', `--b\r\n${disposition}\r\n\r\nabc\r\n--bjunk`, 400],
      ['only an end', '--b--', 422],
      ['no file', '--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nabc\r\n--b--', 422],
      [
        'a file of no name',
        '--b\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\nabc\r\n--b--',
        422,
      ],
      ['an empty file', `--b\r\n${disposition}\r\n\r\n\r\n--b--`, 422],
      [
        'two files',
        `--b\r\n${disposition}\r\n\r\na\r\n--b\r\n${disposition}\r\n\r\nb\r\n--b--`,
        422,
      ],
      [
        'a name that is no percent-encoding',
        `--b\r\nContent-Disposition: form-data; name="file"; filename*=utf-8''%zz\r\n\r\nabc\r\n--b--`,
        422,
      ],
      ['a part without headers', `--b\r\n\r\nabc\r\n--b--`, 422],
      [
        'fields of 100 KB',
        `--b\r\nContent-Disposition: form-data; name="f"\r\n\r\n${'x'.repeat(100_000)}\r\n--b\r\n${disposition}\r\n\r\na\r\n--b--`,
        413,
      ],
      [
        'junk of 100 KB after the end',
        `--b\r\n${disposition}\r\n\r\na\r\n--b--${'x'.repeat(100_000)}`,
        413,
      ],
    ]
    for (const [what, body, expected] of bodies) {
      const answer = await api(freelancer).post(pathOf(milestone), String(body), {
        headers: { 'content-type': 'multipart/form-data; boundary=b' },
      })
      assert.equal(answer.status, expected, `${what}: ${JSON.stringify(answer.body)}`)
    }
    for (const type of [
      'multipart/form-data',
      'multipart/mixed; boundary=b',
      'text/plain',
      'application/json',
      `multipart/form-data; boundary=${'b'.repeat(71)}`,
    ]) {
      const answer = await api(freelancer).post(pathOf(milestone), '--b--', {
        headers: { 'content-type': type },
      })
      expectProblem(answer, 415, 'unsupported_media_type')
    }
    assert.equal(await stored(), 0)
    assert.lengthOf(await Deliverable.all(), 0)
    const fine = `preamble\r\n--b\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n--b\r\nContent-Type: text/html\r\ncontent-disposition: form-data; filename="a\\"b%22.txt"; name=file\r\n\r\n\r\n--a\r\n\r\n--b--\r\nepilogue`
    const answer = await api(freelancer).post(pathOf(milestone), fine, {
      headers: { 'content-type': 'Multipart/Form-Data; charset=utf-8; boundary="b"' },
    })
    assert.containSubset(expectData(answer, 201), { name: 'a"b".txt', size: 7 })
  })

  test('contents full of near-boundaries arrive as they are, however they are cut', async ({
    assert,
  }) => {
    const { freelancer, milestone } = await fundedMilestone()
    const bytes = Buffer.concat(
      Array.from({ length: 2000 }, (_, n) =>
        Buffer.from(['\r\n--', '\r\n--bounda', '--boundary', '\r', '\n', '\r\n--boundarx'][n % 6])
      )
    )
    for (const size of [1, 3, 7, 64, 1000]) {
      const part = size === 1 ? bytes.subarray(0, 600) : bytes
      const upload = await Upload.start(freelancer, pathOf(milestone), { boundary: 'boundary' })
      for (let from = 0; from < part.length; from += size) {
        await upload.send(part.subarray(from, from + size))
      }
      const { status, body } = await upload.finish()
      assert.equal(status, 201, JSON.stringify(body))
      assert.deepEqual([body.data.size, body.data.sha256], [part.length, sha256(part)])
    }
  })

  test('the number of files of a milestone, and what they weigh together, are bounded', async ({
    assert,
  }) => {
    const { freelancer, milestone } = await fundedMilestone()
    await db.transaction((trx) => changeSetting(trx, 'deliverables_total_mb', 1, 'test'))
    await uploaded(freelancer, milestone, random(MIB - 10))
    const heavy = await api(freelancer).upload(pathOf(milestone), 'file', random(11))
    expectProblem(heavy, 409, 'too_many_deliverables')
    await db.transaction((trx) => changeSetting(trx, 'deliverables_per_milestone', 3, 'test'))
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => api(freelancer).upload(pathOf(milestone), 'file', 'x'))
    )
    assert.lengthOf(
      answers.filter(({ status }) => status === 201),
      2
    )
    assert.equal(await stored(), 3)
  })

  test('of one account four are received at a time, so that they cannot fill the disk before they count', async ({
    assert,
  }) => {
    const { freelancer, milestone } = await fundedMilestone()
    const other = await fundedMilestone()
    const begin = () => Upload.start(freelancer, pathOf(milestone))
    const uploads = await Promise.all(Array.from({ length: 4 }, begin))
    for (const upload of uploads) await upload.send(random(MIB))
    await uploads[0].until(async () => (await stored()) === 4)
    const answer = await api(freelancer).upload(pathOf(milestone), 'file', 'x')
    const problem = expectProblem(answer, 503, 'busy')
    assert.equal(answer.headers.get('retry-after'), String(problem.retry_after))
    assert.equal(await stored(), 4)
    // Nobody else is kept waiting.
    await uploaded(other.freelancer, other.milestone)

    assert.equal((await uploads[0].finish()).status, 201)
    await uploaded(freelancer, milestone)
    uploads[1].breakOff()
    await uploads[1].until(async () => (await stored()) === 5)
    await uploaded(freelancer, milestone)
    for (const upload of uploads.slice(2)) assert.equal((await upload.finish()).status, 201)
  })

  test('a client that says a little now and then is cut off at the deadline', async ({
    assert,
    cleanup,
  }) => {
    let outcome: Promise<unknown> | undefined
    const server = createServer((request) => {
      const rules = { field: 'file', maxBytes: MIB, silenceMs: 5000, deadlineMs: 200 }
      outcome = receiveFile(request, rules, ({ contents }) => buffer(contents))
      outcome.catch(() => {})
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const upload = await Upload.start(await aFreelancer(), 'x', { port: String(port) })
    const drip = setInterval(() => void upload.send(random(1)), 20)
    cleanup(() => {
      clearInterval(drip)
      server.close()
    })
    await upload.until(async () => outcome !== undefined)
    await assert.rejects(() => outcome!, 'The upload broke off.')
  })

  test('only clean files of this milestone are handed in, each once', async ({ assert }) => {
    const { freelancer, milestones } = await fundedProject({ amounts: ['10.00', '10.00'] })
    const other = await fundedMilestone()
    const [own, elsewhere] = milestones
    const file = await uploaded(freelancer, own, 'one')
    const wrong = await uploaded(freelancer, elsewhere, 'two')
    const strange = await uploaded(other.freelancer, other.milestone, 'three')
    const submit = (ids: string[]) =>
      api(freelancer).post(`milestones/${own.id}/submit`, { note: 'x', deliverable_ids: ids })
    for (const id of [wrong.id, strange.id, own.id]) {
      const problem = expectProblem(await submit([file.id, id]), 422, 'validation_failed')
      assert.equal(problem.errors[0].field, 'deliverable_ids.1')
    }
    expectProblem(await submit([file.id, file.id]), 422)
    for (const [status, code] of [
      ['pending', 'scan_pending'],
      ['infected', 'quarantined'],
    ]) {
      await db
        .from('deliverables')
        .where('id', file.id)
        .update({
          scan_status: status,
          scan_signature: status === 'infected' ? 'Test' : null,
        })
      expectProblem(await submit([file.id]), 409, code)
      expectProblem(await api(freelancer).get(`deliverables/${file.id}/download`), 409, code)
    }
    await db
      .from('deliverables')
      .where('id', file.id)
      .update({ scan_status: 'clean', scan_signature: null })
    const { deliverables } = expectData(await submit([file.id.toUpperCase()]))
    assert.deepEqual(
      deliverables.map(({ id }: { id: string }) => id),
      [file.id]
    )
  })

  test('what was rejected stays with its submission; the next one may name it again', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const first = await uploaded(freelancer, milestone, 'first')
    const submit = (ids: string[]) =>
      api(freelancer).post(`milestones/${milestone.id}/submit`, { note: 'x', deliverable_ids: ids })
    expectData(await submit([first.id]))
    expectData(await api(client).post(`milestones/${milestone.id}/reject`, { reason: 'No.' }))
    const second = await uploaded(freelancer, milestone, 'second')
    const { deliverables } = expectData(await submit([second.id, first.id]))
    assert.deepEqual(
      deliverables.map(({ id }: { id: string }) => id),
      [second.id, first.id]
    )
    const rows = await db.from('submissions').where('milestone_id', milestone.id).orderBy('id')
    assert.deepEqual(
      rows.map((row) => row.deliverables.map(({ sha256: digest }: any) => digest)),
      [
        [sha256(Buffer.from('first'))],
        [sha256(Buffer.from('second')), sha256(Buffer.from('first'))],
      ]
    )
  })

  test('a file can be deleted until it is handed in, not afterwards', async ({ assert }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const draft = await uploaded(freelancer, milestone, 'draft')
    const kept = await uploaded(freelancer, milestone, 'kept')
    assert.equal((await api(freelancer).delete(`deliverables/${draft.id}`)).status, 204)
    expectProblem(await api(freelancer).delete(`deliverables/${draft.id}`), 404)
    expectData(
      await api(freelancer).post(`milestones/${milestone.id}/submit`, {
        note: 'x',
        deliverable_ids: [kept.id],
      })
    )
    const stays = await api(freelancer).delete(`deliverables/${kept.id}`)
    const { current_status: current } = expectProblem(stays, 409, 'already_submitted')
    assert.equal(current, 'submitted')
    await drain()
    assert.equal(await stored(), 1)
    const { url } = expectData(await api(client).get(`deliverables/${kept.id}/download`))
    assert.equal(await (await fetch(url)).text(), 'kept')
  })

  test('handing in and deleting at once: it is either handed in or gone', async ({ assert }) => {
    const { freelancer, milestone } = await fundedMilestone()
    const { id } = await uploaded(freelancer, milestone)
    const [submission, deletion] = await Promise.all([
      api(freelancer).post(`milestones/${milestone.id}/submit`, {
        note: 'x',
        deliverable_ids: [id],
      }),
      api(freelancer).delete(`deliverables/${id}`),
    ])
    const outcome = `${submission.status} ${deletion.status}`
    assert.include(['200 409', '422 204'], outcome)
    assert.equal(await Deliverable.find(id).then(Boolean), outcome === '200 409')
  })

  test('files that nothing names are deleted once they are a day old, and no others', async ({
    assert,
  }) => {
    const { freelancer, milestone } = await fundedMilestone()
    const { id } = await uploaded(freelancer, milestone, 'named')
    const { storageKey } = await Deliverable.findOrFail(id)
    await drive.use().put('deliverables/left/old', 'x')
    await drive.use().put('deliverables/left/new', 'x')
    await drive.use().put('others/old', 'x')
    await drive.use().put('avatars/shown.webp', 'x')
    await drive.use().put('avatars/left.webp', 'x')
    await db.from('profiles').where('user_id', freelancer.id).update({ avatar: 'shown.webp' })
    for (const key of [
      'deliverables/left/old',
      'others/old',
      'avatars/shown.webp',
      'avatars/left.webp',
      storageKey,
    ]) {
      age(key)
    }
    assert.equal(await deleteOrphans(), 2)
    assert.isTrue(await drive.use().exists('avatars/shown.webp'))
    assert.isFalse(await drive.use().exists('avatars/left.webp'))
    assert.isFalse(await drive.use().exists('deliverables/left/old'))
    assert.isTrue(await drive.use().exists('deliverables/left/new'))
    assert.isTrue(await drive.use().exists('others/old'))
    assert.isTrue(await drive.use().exists(storageKey))
    await drive.use().deleteAll('others')
  })

  test('when the disk fails, so does the upload, and no row says otherwise', async ({
    assert,
    cleanup,
  }) => {
    const { freelancer, milestone } = await fundedMilestone()
    const disk = drive.use().driver
    const putStream = disk.putStream
    cleanup(() => {
      disk.putStream = putStream
    })
    disk.putStream = () => Promise.reject(new Error('No space left on device.'))
    const answer = await api(freelancer).upload(pathOf(milestone), 'file', random(2 * MIB))
    expectProblem(answer, 500, 'internal_error')
    assert.lengthOf(await Deliverable.all(), 0)
    disk.putStream = putStream
    await uploaded(freelancer, milestone)
  })
})

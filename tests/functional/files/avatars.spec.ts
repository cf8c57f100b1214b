import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import { test } from '@japa/runner'
import drive from '@adonisjs/drive/services/main'
import db from '@adonisjs/lucid/services/db'
import sharp from 'sharp'
import { appUrl } from '#config/app'
import { forgetFiles } from '#escrow/forget_files'
import Deliverable from '#models/deliverable'
import Profile from '#models/profile'
import { api, expectData, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { drain } from '#tests/support/jobs'
import { fundedMilestone } from '#tests/support/projects'
import { aClient, PASSWORD, tokenOf } from '#tests/support/users'
import { startWebProcess } from '#tests/support/web_process'
import { random } from './bytes.js'
import { forgetPeak, peakOf } from './peak.js'
import { Upload } from './upload.js'

const MIB = 1024 * 1024

/** A picture of one colour, but for a red corner at the top left. */
const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#0000ff' } }).composite([
    {
      input: {
        create: { width: width >> 1, height: height >> 1, channels: 3, background: '#ff0000' },
      },
      left: 0,
      top: 0,
    },
  ])

const PATH = 'users/upload-avatar'

test.group('Avatars', (group) => {
  group.each.setup(resetAll)

  test('a photo is shown to whoever has its address, without what a camera wrote into it', async ({
    assert,
  }) => {
    const user = await aClient()
    const photo = await picture(1200, 800)
      .withMetadata({ orientation: 6 })
      .withExifMerge({
        IFD0: { Copyright: 'Secret Person' },
        IFD3: { GPSLatitude: '51/1 30/1 0/1', GPSLatitudeRef: 'N' },
      })
      .jpeg()
      .toBuffer()
    assert.include(photo.toString('latin1'), 'Secret Person')

    const profile = expectData(await api(user).upload(PATH, 'avatar', photo, 'me.jpg'))
    assert.match(profile.avatar, new RegExp(`^${appUrl}/avatars/[0-9a-f]{32}\\.webp$`))
    assert.equal(expectData(await api(user).get('users/profile')).avatar, profile.avatar)

    const response = await fetch(profile.avatar)
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('content-type'), 'image/webp')
    assert.match(response.headers.get('cache-control')!, /max-age=86400/)
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
    const shown = Buffer.from(await response.arrayBuffer())
    assert.notInclude(shown.toString('latin1'), 'Secret Person')
    const about = await sharp(shown).metadata()
    assert.deepEqual(
      [about.format, about.exif, about.xmp, about.icc, about.orientation],
      ['webp', undefined, undefined, undefined, undefined]
    )
    // Turned as the camera meant it, and no side longer than 512.
    assert.deepEqual([about.width, about.height], [341, 512])
    const corner = await sharp(shown)
      .extract({ left: 300, top: 20, width: 1, height: 1 })
      .raw()
      .toBuffer()
    assert.isAbove(corner[0], 200)
    assert.isBelow(corner[2], 60)
    assert.equal((await fetch(profile.avatar, { method: 'HEAD' })).status, 200)
  })

  test('every type that browsers know is taken, whatever its name says; of several frames the first', async ({
    assert,
  }) => {
    const user = await aClient()
    for (const bytes of [
      await picture(60, 40).png().toBuffer(),
      await picture(60, 40).webp().toBuffer(),
      await picture(60, 40).avif().toBuffer(),
      await picture(60, 40).gif().toBuffer(),
      await animated(),
    ]) {
      const { avatar } = expectData(await api(user).upload(PATH, 'avatar', bytes, 'x.html'))
      const about = await sharp(await (await fetch(avatar)).arrayBuffer()).metadata()
      assert.deepEqual([about.format, about.width, about.height], ['webp', 60, 40])
      assert.notExists(about.pages)
    }
  })

  test('what is no picture is a 422 that says so, and changes nothing', async ({ assert }) => {
    const user = await aClient()
    const { avatar } = expectData(
      await api(user).upload(PATH, 'avatar', await picture(9, 9).png().toBuffer())
    )
    const png = await picture(300, 300).png().toBuffer()
    const files: Record<string, Uint8Array | string> = {
      'a drawing': '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script/></svg>',
      'a drawing without a prologue': '<svg xmlns="http://www.w3.org/2000/svg"/>',
      'a page': '<html><script>alert(1)</script></html>',
      'a document': '%PDF-1.7\n%âãÏÓ\n1 0 obj<<>>endobj',
      'noise': random(1000),
      'nothing': '',
      'the beginning of a picture': png.subarray(0, png.length >> 1),
      'a signature only': png.subarray(0, 8),
      'a picture that is too large': giantPng(),
      'a picture of 27 megapixels': giantPng(5200),
      'a TIFF': await picture(9, 9).tiff().toBuffer(),
    }
    for (const [what, bytes] of Object.entries(files)) {
      const answer = await api(user).upload(PATH, 'avatar', bytes, 'picture.png')
      const problem = expectProblem(answer, 422, 'validation_failed')
      assert.deepEqual([problem.errors[0].field, problem.errors[0].rule], ['avatar', 'image'], what)
    }
    assert.equal(expectData(await api(user).get('users/profile')).avatar, avatar)
    assert.equal((await fetch(avatar)).status, 200)
    expectData(await api(user).upload(PATH, 'avatar', giantPng(4992)))
  })

  test('of a picture that is something else as well, only the picture is left', async ({
    assert,
  }) => {
    const user = await aClient()
    const both = Buffer.concat([
      await picture(40, 40).gif().toBuffer(),
      Buffer.from('<script>alert("polyglot")</script>PK\x03\x04'),
    ])
    const { avatar } = expectData(await api(user).upload(PATH, 'avatar', both))
    const shown = Buffer.from(await (await fetch(avatar)).arrayBuffer())
    assert.notInclude(shown.toString('latin1'), 'polyglot')
  })

  test('more than 5 MB is a 413; a form without the field, or with two, is a 422', async () => {
    const user = await aClient()
    const large = await api(user).upload(PATH, 'avatar', random(5 * MIB + 1))
    expectProblem(large, 413, 'too_large')
    const other = await api(user).upload(PATH, 'picture', 'x')
    expectProblem(other, 422, 'validation_failed')
    const form = new FormData()
    const bytes = await picture(9, 9).png().toBuffer()
    form.append('avatar', new Blob([bytes as unknown as string]), 'a.png')
    form.append('avatar', new Blob([bytes as unknown as string]), 'b.png')
    expectProblem(await api(user).post(PATH, form), 422, 'validation_failed')
    expectProblem(await api(user).post(PATH, { avatar: 'x' }), 415, 'unsupported_media_type')
    expectProblem(await api().upload(PATH, 'avatar', bytes), 401)
  })

  test('the picture before is deleted, and so is one that is taken away', async ({ assert }) => {
    const user = await aClient()
    const first = await anAvatar(user)
    const second = await anAvatar(user)
    await drain()
    assert.equal((await fetch(first)).status, 404)
    assert.equal((await fetch(second)).status, 200)
    assert.isNull(expectData(await api(user).delete('users/avatar')).avatar)
    assert.isNull(expectData(await api(user).delete('users/avatar')).avatar)
    await drain()
    assert.equal((await fetch(second)).status, 404)
  })

  test('with an account its picture goes, and files that were never handed in', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const avatar = await anAvatar(freelancer)
    const path = `milestones/${milestone.id}/deliverables`
    const draft = expectData(await api(freelancer).upload(path, 'file', 'draft'), 201)
    const kept = expectData(await api(freelancer).upload(path, 'file', 'kept'), 201)
    expectData(
      await api(freelancer).post(`milestones/${milestone.id}/submit`, {
        note: 'x',
        deliverable_ids: [kept.id],
      })
    )
    const { storageKey } = await Deliverable.findOrFail(draft.id)
    await db.transaction((trx) => forgetFiles(trx, freelancer.id))
    await drain()
    assert.equal((await fetch(avatar)).status, 404)
    assert.isFalse(await drive.use().exists(storageKey))
    expectProblem(await api(client).get(`deliverables/${draft.id}/download`), 404)
    expectData(await api(client).get(`deliverables/${kept.id}/download`))
  })

  test('a picture that arrives after its account is deleted is nobody’s', async ({ assert }) => {
    const user = await aClient()
    const bytes = await picture(20, 20).png().toBuffer()
    const upload = await Upload.start(user, PATH, { field: 'avatar' })
    await upload.send(bytes.subarray(0, 20))
    const deletion = await fetch(`${appUrl}/api/users/profile`, {
      method: 'DELETE',
      headers: {
        'authorization': `Bearer ${await tokenOf(user)}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ password: PASSWORD }),
    })
    assert.equal(deletion.status, 204)
    await upload.send(bytes.subarray(20))
    const { status } = await upload.finish()
    assert.equal(status, 401)
    assert.isNull((await Profile.findOrFail(user.id)).avatar)
  })

  test('of two pictures that arrive at once one is shown, and the other is gone', async ({
    assert,
  }) => {
    const user = await aClient()
    const urls = await Promise.all(Array.from({ length: 4 }, () => anAvatar(user)))
    await drain()
    const kept = expectData(await api(user).get('users/profile')).avatar
    for (const url of urls) assert.equal((await fetch(url)).status, url === kept ? 200 : 404)
  })

  test('pictures that do not end are not in memory, and of one account few are taken at once', async ({
    assert,
    cleanup,
  }) => {
    const folder = await mkdtemp(join(tmpdir(), 'avatars-'))
    cleanup(() => rm(folder, { recursive: true }))
    const web = await startWebProcess({ TMPDIR: folder })
    cleanup(() => web.stop())
    const { port } = new URL(web.url)
    const arrived = () => sizeOf(folder)
    const bytes = await picture(20, 20).png().toBuffer()
    const first = await Upload.start(await aClient(), PATH, { field: 'avatar', port })
    await first.send(bytes)
    assert.equal((await first.finish()).status, 200)

    forgetPeak(web.pid)
    const before = peakOf(web.pid)
    const users = await Promise.all(Array.from({ length: 60 }, () => aClient()))
    const most = random(4.9 * MIB)
    const halves = await Promise.all(
      users.map(async (user) => {
        const half = await Upload.start(user, PATH, { field: 'avatar', port })
        await half.send(most)
        return half
      })
    )
    // They are in files that only this server reads, as far as they are sent.
    await halves[0].until(async () => (await arrived()) >= 60 * (4.9 * MIB - 1024))
    // Held, they would be 294 MB; what passes leaves garbage, more of it on a busy machine.
    assert.isBelow((peakOf(web.pid) - before) / MIB, 180)

    const [user] = users
    const more: Upload[] = []
    for (let count = 0; count < 6; count++) {
      more.push(await Upload.start(user, PATH, { field: 'avatar', port }))
    }
    const busy = () => more.filter(({ answered }) => answered)
    await more[0].until(async () => busy().length === 3)
    for (const upload of busy()) {
      const { status, body } = await upload.answer()
      assert.deepEqual([status, body.code, body.retry_after], [503, 'busy', 3])
    }
    // Nobody else is kept waiting.
    const other = await Upload.start(await aClient(), PATH, { field: 'avatar', port })
    await other.send(bytes)
    assert.equal((await other.finish()).status, 200)

    for (const upload of [...halves, ...more]) upload.breakOff()
    await halves[0].until(async () => (await arrived()) === 0)
    const last = await Upload.start(user, PATH, { field: 'avatar', port })
    await last.send(bytes)
    assert.equal((await last.finish()).status, 200)
    assert.equal(await arrived(), 0)
  }).timeout(60_000)

  test('the other party of a project is shown it; nobody guesses one', async ({ assert }) => {
    const { client, freelancer } = await fundedMilestone()
    const avatar = await anAvatar(freelancer)
    const seen = expectData(await api(client).get(`users/${freelancer.id}`))
    assert.equal(seen.avatar, avatar)
    for (const name of [
      `${'0'.repeat(32)}.webp`,
      '..%2fdeliverables',
      'x.webp',
      `${'0'.repeat(32)}.png`,
    ]) {
      const response = await fetch(`${appUrl}/avatars/${name}`)
      assert.equal(response.status, 404)
      assert.match(response.headers.get('content-type')!, /problem\+json/)
    }
    const { avatar: name } = await Profile.findOrFail(freelancer.id)
    assert.isTrue(await drive.use().exists(`avatars/${name}`))
    assert.equal((await fetch(`${appUrl}/files/avatars/${name}`)).status, 403)
  })
})

/** Bytes of the pictures that are on their way. */
async function sizeOf(folder: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => name.startsWith('safesend-avatar-'))
  // One may be gone again.
  const sizes = await Promise.all(
    names.map(async (name) => (await stat(join(folder, name)).catch(() => null))?.size ?? 0)
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

async function anAvatar(user: Parameters<typeof api>[0]): Promise<string> {
  const bytes = await picture(20, 20).png().toBuffer()
  return expectData(await api(user).upload(PATH, 'avatar', bytes)).avatar
}

async function animated(): Promise<Buffer> {
  const frame = await picture(60, 40).png().toBuffer()
  return sharp([frame, frame, frame], { join: { animated: true } })
    .gif()
    .toBuffer()
}

/** 50 KB that want 400 million pixels to be drawn, or fewer. */
function giantPng(side = 20_000): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  // One bit for each pixel, shades of grey.
  header[8] = 1
  const chunk = (type: string, data: Buffer) => {
    const typed = Buffer.concat([Buffer.from(type), data])
    const length = Buffer.alloc(4)
    length.writeUInt32BE(data.length)
    const checksum = Buffer.alloc(4)
    checksum.writeUInt32BE(crc32(typed))
    return Buffer.concat([length, typed, checksum])
  }
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(side * (side / 8 + 1)))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

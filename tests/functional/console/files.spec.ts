import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import drive from '@adonisjs/drive/services/main'
import Deliverable from '#models/deliverable'
import { api, expectData } from '#tests/support/api'
import { axeViolations, sideways, useBrowser } from '#tests/support/browser'
import { SIGNATURE, startClamd, VIRUS, type Clamd } from '#tests/support/clamd'
import { resetAll } from '#tests/support/database'
import { setVariable } from '#tests/support/environment'
import { drain } from '#tests/support/jobs'
import { fundedMilestone, type Case } from '#tests/support/projects'
import { console, createStaff, staffCookies } from '#tests/support/staff'
import { openDispute } from '../disputes/parties.js'

const REASON = { reason: 'A false alarm: it is a drawing.' }

test.group('Files at the console', (group) => {
  let clamd: Clamd
  let work: Case
  const browsers = useBrowser(group)

  group.setup(async () => {
    clamd = await startClamd({ maxMb: 8 })
    return async () => {
      setVariable('CLAMAV_HOST', '')
      await clamd.stop()
    }
  })
  group.each.setup(async () => {
    await resetAll()
    for (const folder of ['deliverables', 'evidence', 'quarantine']) {
      await drive.use().deleteAll(folder)
    }
    work = await fundedMilestone()
    setVariable('CLAMAV_HOST', '127.0.0.1')
    setVariable('CLAMAV_PORT', clamd.port)
  })

  const upload = async (bytes: string, name = 'plan.txt') =>
    expectData(
      await api(work.freelancer).upload(
        `milestones/${work.milestone.id}/deliverables`,
        'file',
        bytes,
        name
      ),
      201
    )
  const audited = (action: string) => db.from('audit_log').where('action', action)

  test('releases a file after a false alarm, with its line in the audit log, and it is served', async ({
    assert,
  }) => {
    const file = await upload(VIRUS, '<b>plan</b>.txt')
    await drain()
    const before = await Deliverable.findOrFail(file.id)
    const staff = await createStaff({ role: 'support' })
    const browser = console(staff)
    const list = await browser.get('/console/files')
    assert.include(list.text, SIGNATURE)
    assert.notInclude(list.text, '<b>plan')
    assert.notInclude(list.text, `/files/deliverable/${file.id}/download`)

    const at = `/console/files/deliverable/${file.id}`
    assert.equal((await browser.get(`${at}/download`)).status, 409)
    assert.include((await browser.submit(`${at}/release`, {})).text, 'Why')
    assert.lengthOf(await audited('file.released'), 0)
    const done = await browser.submit(`${at}/release`, REASON)
    assert.include(done.text, 'It can be downloaded again')
    const [line] = await audited('file.released')
    assert.containSubset(line, {
      actor_id: staff.id,
      target_type: 'deliverable',
      target_id: file.id,
      before: { scan_status: 'infected' },
      after: { scan_status: 'clean', sha256: file.sha256 },
    })
    const after = await Deliverable.findOrFail(file.id)
    assert.match(after.storageKey, /^deliverables\//)
    assert.isFalse(await drive.use().exists(before.storageKey))
    const { url } = expectData(await api(work.client).get(`deliverables/${file.id}/download`))
    assert.equal(await (await fetch(url)).text(), VIRUS)
    const [told] = expectData(await api(work.freelancer).get('notifications'))
    assert.equal(told.kind, 'deliverable.released')
    assert.notInclude((await browser.get('/console/files')).text, SIGNATURE)
    assert.equal((await browser.post(`${at}/release`, REASON)).status, 303)
    assert.lengthOf(await audited('file.released'), 1)
  })

  test('releases evidence, which the other side can open then', async ({ assert }) => {
    const dispute = await openDispute(work.client, work.milestone)
    const sent = await api(work.client).upload(
      `disputes/${dispute.id}/evidence`,
      'file',
      VIRUS,
      'p.txt'
    )
    const file = expectData(sent, 201)
    await drain()
    const browser = console(await createStaff({ role: 'admin' }))
    assert.include((await browser.get('/console/files?kind=evidence')).text, SIGNATURE)
    assert.notInclude((await browser.get('/console/files?kind=deliverable')).text, SIGNATURE)
    await browser.submit(`/console/files/evidence/${file.id}/release`, REASON)
    expectData(await api(work.freelancer).get(`evidence/${file.id}/download`))
    await browser.get(`/console/disputes/${dispute.id}/evidence/${file.id}`)
    assert.lengthOf(await audited('file.opened'), 1)
  })

  test('scans again: what is still found stays away, and nobody is told twice', async ({
    assert,
  }) => {
    const file = await upload(VIRUS)
    await drain()
    const browser = console(await createStaff({ role: 'support' }))
    const at = `/console/files/deliverable/${file.id}/scan`
    await browser.submit(at, REASON)
    await drain()
    assert.equal((await Deliverable.findOrFail(file.id)).scanStatus, 'infected')
    assert.lengthOf(await db.from('notifications').where('kind', 'deliverable.quarantined'), 1)

    // Signatures got better: nothing is found any more.
    const { storageKey } = await Deliverable.findOrFail(file.id)
    await drive.use().put(storageKey, 'harmless')
    await browser.submit(at, REASON)
    await drain()
    const served = await Deliverable.findOrFail(file.id)
    assert.equal(served.scanStatus, 'clean')
    assert.equal(await drive.use().get(served.storageKey), 'harmless')
    assert.lengthOf(await audited('file.scanned_again'), 2)
  })

  test('without a scanner nothing leaves quarantine by being scanned', async ({ assert }) => {
    const file = await upload(VIRUS)
    await drain()
    setVariable('CLAMAV_HOST', '')
    const browser = console(await createStaff({ role: 'support' }))
    await browser.submit(`/console/files/deliverable/${file.id}/scan`, REASON)
    await drain()
    assert.equal((await Deliverable.findOrFail(file.id)).scanStatus, 'infected')
    assert.lengthOf(await audited('file.scanned_again'), 0)
  })

  test('opens a file from the page of its project, and writes down who did', async ({ assert }) => {
    setVariable('CLAMAV_HOST', '')
    const file = await upload('the work')
    const staff = await createStaff({ role: 'finance' })
    const browser = console(staff)
    const at = `/console/files/deliverable/${file.id}`
    const page = await browser.get(`/console/projects/${work.project.id}`)
    assert.include(page.text, `${at}/download`)
    const { status, location } = await browser.get(`${at}/download`)
    assert.equal(status, 303)
    const saved = await fetch(new URL(location!, `http://${process.env.HOST}:${process.env.PORT}`))
    assert.match(saved.headers.get('content-disposition')!, /^attachment; filename="plan.txt"/)
    assert.equal(await saved.text(), 'the work')
    const lines = await audited('file.opened')
    assert.lengthOf(lines, 1)
    assert.containSubset(lines[0], { actor_id: staff.id, target_id: file.id })
    assert.equal((await browser.post(`${at}/release`, REASON)).status, 403)
  })

  test('writes down once a day who opened a file, however often they look at it', async ({
    assert,
  }) => {
    setVariable('CLAMAV_HOST', '')
    const [file, other] = [await upload('the work'), await upload('more work')]
    const [first, second] = [await createStaff(), await createStaff()]
    const at = ({ id }: { id: string }) => `/console/files/deliverable/${id}/download`
    const [one, two] = [console(first), console(second)]
    await one.get('/console/files')
    for (const { status } of await Promise.all([1, 2, 3].map(() => one.get(at(file))))) {
      assert.equal(status, 303)
    }
    await two.get(at(file))
    await one.get(at(other))
    const who = async () =>
      (await audited('file.opened')).map(({ actor_id: id, target_id: what }) => `${id} ${what}`)
    const lines = [`${first.id} ${file.id}`, `${second.id} ${file.id}`, `${first.id} ${other.id}`]
    assert.sameMembers(await who(), lines)
    await db.transaction(async (trx) => {
      await trx.rawQuery('SET LOCAL session_replication_role = replica')
      await trx.from('audit_log').update({ at: db.raw(`at - interval '1 day'`) })
    })
    await one.get(at(file))
    assert.sameMembers(await who(), [...lines, lines[0]])
  })

  test('can be used by everybody, at both widths', async ({ assert }) => {
    await upload(VIRUS)
    await drain()
    const staff = await createStaff({ role: 'support' })
    for (const width of [1280, 375]) {
      const { page, complaints } = await browsers.open(undefined, { width })
      await page.context().addCookies(await staffCookies(staff))
      for (const path of ['files', `projects/${work.project.id}`]) {
        await page.goto(`/console/${path}`)
        assert.deepEqual(await axeViolations(page), [], path)
        assert.isAtMost(await sideways(page), 0, `${path} at ${width}`)
      }
      assert.deepEqual(complaints, [])
    }
  })
})

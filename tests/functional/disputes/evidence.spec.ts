import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import drive from '@adonisjs/drive/services/main'
import { deleteOrphans } from '#drive/delete_orphans'
import { changeSetting, type SettingName, type SettingValue } from '#escrow/settings'
import { scanWaiting } from '#escrow/scan_waiting'
import DisputeEvidence from '#models/dispute_evidence'
import { eraseUser } from '#privacy/erase_user'
import { filesOf } from '#privacy/personal_files'
import { purgePersonalData } from '#privacy/purge'
import { api, expectData, expectProblem } from '#tests/support/api'
import { SIGNATURE, startClamd, VIRUS, type Clamd } from '#tests/support/clamd'
import { resetAll } from '#tests/support/database'
import { setVariable } from '#tests/support/environment'
import { drain, settle } from '#tests/support/jobs'
import { fundedMilestone, pay } from '#tests/support/projects'
import { aClient, aFreelancer } from '#tests/support/users'
import { whereItIsSaid } from '../privacy/dump.js'
import type User from '#models/user'
import { answer, newsOf, openDispute, shown } from './parties.js'

const send = (
  by: User,
  dispute: { id: string },
  contents: string | Uint8Array = 'proof',
  name = 'p.txt'
) => api(by).upload(`disputes/${dispute.id}/evidence`, 'file', contents, name)

const set = <Name extends SettingName>(name: Name, value: SettingValue<Name>) =>
  db.transaction((trx) => changeSetting(trx, name, value, 'operator'))

test.group('Disputes | evidence', (group) => {
  group.each.setup(async () => {
    await resetAll()
    await drive.use().deleteAll('evidence')
    await drive.use().deleteAll('quarantine')
  })

  test('both sides show files, each as what it is, and download those of the other', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const dispute = await openDispute(client, milestone)
    const pdf = Buffer.from('%PDF-1.7\n1 0 obj\n')
    const file = expectData(await send(client, dispute, pdf, '../what was agreed.txt'), 201)
    assert.containsSubset(file, {
      dispute_id: dispute.id,
      uploaded_by: client.id,
      name: 'what was agreed.txt',
      size: pdf.length,
      content_type: 'application/pdf',
      scan_status: 'unscanned',
    })
    assert.match(file.sha256, /^[0-9a-f]{64}$/)
    expectData(await send(freelancer, dispute), 201)
    assert.deepEqual(
      (await shown(client, dispute)).evidence.map((one: any) => one.uploaded_by),
      [client.id, freelancer.id]
    )
    assert.deepEqual(await newsOf(freelancer), ['dispute.opened', 'dispute.evidence_added'])

    const link = expectData(await api(freelancer).get(`evidence/${file.id}/download`))
    const answered = await fetch(link.url)
    assert.equal(answered.status, 200)
    assert.match(answered.headers.get('content-disposition')!, /^attachment; /)
    assert.deepEqual(Buffer.from(await answered.arrayBuffer()), pdf)
    for (const stranger of [await aClient(), await aFreelancer()]) {
      expectProblem(await api(stranger).get(`evidence/${file.id}/download`), 404)
      expectProblem(await send(stranger, dispute), 404)
    }
  })

  test('what is empty, too large, or too much is refused and leaves nothing on the disk', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const dispute = await openDispute(client, milestone)
    await set('evidence_max_mb', 1)
    await set('evidence_per_side', 2)
    expectProblem(await send(client, dispute, ''), 422)
    expectProblem(await send(client, dispute, Buffer.alloc(1024 * 1024 + 1)), 413, 'too_large')
    expectData(await send(client, dispute, Buffer.alloc(900_000)), 201)
    await set('evidence_total_mb', 1)
    expectProblem(await send(client, dispute, Buffer.alloc(300_000)), 409, 'too_much_evidence')
    expectData(await send(client, dispute), 201)
    expectProblem(await send(client, dispute), 409, 'too_much_evidence')
    // Each side has room of its own.
    expectData(await send(freelancer, dispute), 201)
    const { objects } = await drive.use().listAll('evidence', { recursive: true })
    assert.lengthOf([...objects], 3)
  })

  test('once it is over nothing is shown any more, and what was stays', async ({ assert }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const dispute = await openDispute(client, milestone)
    const file = expectData(await send(client, dispute), 201)
    expectData(await api(client).post(`disputes/${dispute.id}/withdraw`))
    expectProblem(await send(client, dispute), 409, 'wrong_state')
    expectData(await api(freelancer).get(`evidence/${file.id}/download`))
    assert.equal(await deleteOrphans(), 0)
  })

  test('texts and files go when the messages of the project go, and how it ended stays', async ({
    assert,
  }) => {
    const { client, freelancer, project, milestone } = await fundedMilestone({ amount: '100.00' })
    const dispute = await openDispute(client, milestone)
    await answer(freelancer, dispute)
    const path = `disputes/${dispute.id}`
    expectData(await api(client).post(`${path}/messages`, { body: 'Call 555-0199.' }), 201)
    expectData(await send(client, dispute, 'Call 555-0199.', '555-0199.txt'), 201)
    const offered = expectData(
      await api(client).post(`${path}/offers`, { to_freelancer: '60.00', note: '555-0199' }),
      201
    )
    await db.from('disputes').update({ reason: 'Call 555-0199.' })
    assert.lengthOf(await db.transaction((trx) => filesOf(trx, client.id)), 1)
    expectData(await pay(freelancer, `offers/${offered.id}/accept`))
    await settle()
    // They have windows of their own.
    for (const table of ['notifications', 'idempotency_keys']) await db.from(table).delete()
    for (const [table, column] of [
      ['messages', 'created_at'],
      ['activity', 'at'],
      ['projects', 'updated_at'],
    ]) {
      await db.from(table).update({ [column]: db.raw(`?? - interval '1096 days'`, [column]) })
    }
    assert.equal((await purgePersonalData()).messages, 1)
    await drain()
    const { objects } = await drive.use().listAll('evidence', { recursive: true })
    assert.lengthOf([...objects], 0)
    assert.deepEqual(await whereItIsSaid(['555-0199'], { job: ['data'] }), [])
    const kept = await shown(client, dispute)
    assert.equal(kept.settlement.to_freelancer, '60.00')
    assert.deepEqual([kept.messages, kept.evidence, kept.reason], [[], [], ''])
    assert.isNotNull((await db.from('projects').where('id', project.id).first()).messages_purged_at)
  })

  test('who is in a dispute is not erased; afterwards what they said stays as evidence', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await fundedMilestone({ amount: '100.00' })
    const dispute = await openDispute(client, milestone)
    await answer(freelancer, dispute)
    expectData(await send(freelancer, dispute, 'It is done.'), 201)
    const refused = await eraseUser(freelancer.id, { by: 'user' }).catch((error) => error)
    assert.include(JSON.stringify(refused), 'dispute_open')
    const offered = expectData(
      await api(freelancer).post(`disputes/${dispute.id}/offers`, { to_freelancer: '0' }),
      201
    )
    expectData(await pay(client, `offers/${offered.id}/accept`))
    await settle()
    await eraseUser(freelancer.id, { by: 'user' })
    const kept = await shown(client, dispute)
    assert.lengthOf(kept.messages, 1)
    assert.lengthOf(kept.evidence, 1)
    expectData(await api(client).get(`evidence/${kept.evidence[0].id}/download`))
  })
})

test.group('Disputes | scanned evidence', (group) => {
  let clamd: Clamd

  group.setup(async () => {
    clamd = await startClamd({ maxMb: 8 })
    return async () => {
      setVariable('CLAMAV_HOST', '')
      await clamd.stop()
    }
  })
  group.each.setup(async () => {
    await resetAll()
    await drive.use().deleteAll('evidence')
    await drive.use().deleteAll('quarantine')
    setVariable('CLAMAV_HOST', '127.0.0.1')
    setVariable('CLAMAV_PORT', clamd.port)
  })

  test('nobody opens a file before it is scanned, nor one with a virus, whose sender is told', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const dispute = await openDispute(client, milestone)
    const good = expectData(await send(client, dispute), 201)
    assert.equal(good.scan_status, 'pending')
    expectProblem(await api(freelancer).get(`evidence/${good.id}/download`), 409, 'scan_pending')
    const bad = expectData(await send(client, dispute, VIRUS, 'photo.jpg'), 201)
    await drain()
    expectData(await api(freelancer).get(`evidence/${good.id}/download`))
    const refused = await api(freelancer).get(`evidence/${bad.id}/download`)
    assert.equal(expectProblem(refused, 409, 'quarantined').evidence_id, bad.id)
    const row = await DisputeEvidence.findOrFail(bad.id)
    assert.match(row.storageKey, /^quarantine\//)
    assert.isTrue(await drive.use().exists(row.storageKey))
    assert.equal(await deleteOrphans(), 0)
    const [told] = expectData(await api(client).get('notifications'))
    assert.equal(told.kind, 'dispute.evidence_quarantined')
    assert.include(told.body, SIGNATURE)
    assert.deepEqual(
      (await shown(freelancer, dispute)).evidence.map((one: any) => one.scan_status),
      ['clean', 'infected']
    )
  })

  test('what a scanner that was down has left is asked for again', async ({ assert }) => {
    const { client, milestone } = await fundedMilestone()
    const dispute = await openDispute(client, milestone)
    const file = expectData(await send(client, dispute), 201)
    await db.rawQuery(`DELETE FROM pgboss.job WHERE name = 'scan_evidence'`)
    await db
      .from('dispute_evidence')
      .update({ created_at: db.raw(`now() - interval '11 minutes'`) })
    await scanWaiting()
    await drain()
    assert.equal((await DisputeEvidence.findOrFail(file.id)).scanStatus, 'clean')
  })
})

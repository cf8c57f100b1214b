import { test } from '@japa/runner'
import { createHash } from 'node:crypto'
import PDFDocument from 'pdfkit'
import db from '@adonisjs/lucid/services/db'
import type User from '#models/user'
import { api, expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { emptyMailboxes, mailsTo } from '#tests/support/mailbox'
import { activeProject, aDeposit, fundedProject, pay, payIn } from '#tests/support/projects'
import { releaseOf } from '../payments/chargebacks.js'

/** What the API gives for a transaction of a type, and what was mailed of it. */
async function both(user: User, type: string, subject: string) {
  const transaction = await db.from('transactions').where('transaction_type', type).firstOrFail()
  const { bytes, headers } = await api(user).file(`payments/transactions/${transaction.id}/receipt`)
  const mail = (await mailsTo(user.email)).find((each) => each.subject.startsWith(`${subject}: `))
  return {
    mailed: mail?.attachments,
    given: [
      {
        filename: /filename="(.*)"/.exec(headers.get('content-disposition')!)![1],
        content_type: 'application/pdf',
        size: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      },
    ],
  }
}

test.group('Mailed receipts', (group) => {
  group.each.setup(async () => {
    await resetAll()
    await emptyMailboxes()
  })

  test('the mail brings each side the file that it could fetch, byte by byte', async ({
    assert,
  }) => {
    const found = await fundedProject({ amounts: ['100.00', '50.00'] })
    await releaseOf(found, 0)
    const refund = { milestone_id: found.milestones[1].id, reason: 'Not needed.' }
    expectData(await pay(found.client, 'payments/refund', refund), 201)
    await settle()
    await settle({ includeDeferred: true })
    for (const [user, type, subject] of [
      [found.client, 'deposit', 'Deposit received'],
      [found.freelancer, 'release', 'Money released'],
      [found.client, 'release', 'Payment released'],
      [found.freelancer, 'payout', 'Paid out'],
      [found.client, 'refund', 'Refunded'],
    ] as const) {
      const { mailed, given } = await both(user, type, subject)
      assert.deepEqual(mailed, given, type)
    }
  })

  test('also when it was told of and read before there was a mail', async ({ assert }) => {
    const { client } = await fundedProject({ amounts: ['100.00'] })
    expectData(await api(client).post('notifications/read-all', {}))
    await settle({ includeDeferred: true })
    const { mailed, given } = await both(client, 'deposit', 'Deposit received')
    assert.deepEqual(mailed, given)
  })

  test('also of a payment that nothing needed any more', async ({ assert }) => {
    const { client, milestones } = await activeProject({ amounts: ['60.00'] })
    const deposit = await aDeposit(client, milestones)
    await db.from('deposit_allocations').update({ live: false })
    payIn(deposit)
    await settle()
    await settle({ includeDeferred: true })
    const { mailed, given } = await both(client, 'deposit', 'Deposit returned')
    assert.deepEqual(mailed, given)
  })

  test('whatever somebody calls a project, the other side is mailed of their money', async ({
    assert,
  }) => {
    const { client, project, milestones } = await activeProject({ amounts: ['60.00'] })
    await db
      .from('projects')
      .where('id', project.id)
      .update({ title: 'Tin \u2d36\u200d \u00dc\u0306' })
    payIn(await aDeposit(client, milestones))
    await settle()
    await settle({ includeDeferred: true })
    const { mailed, given } = await both(client, 'deposit', 'Deposit received')
    assert.deepEqual(mailed, given)
  })

  test('when no file can be made, the mail goes all the same, without it', async ({
    assert,
    cleanup,
  }) => {
    const { registerFont } = PDFDocument.prototype
    cleanup(() => {
      PDFDocument.prototype.registerFont = registerFont
    })
    PDFDocument.prototype.registerFont = () => {
      throw new TypeError('The font is broken.')
    }
    const { client } = await fundedProject({ amounts: ['100.00'] })
    await settle({ includeDeferred: true })
    const mail = (await mailsTo(client.email)).find((each) =>
      each.subject.startsWith('Deposit received')
    )
    assert.deepEqual(mail?.attachments, [])
  })
})

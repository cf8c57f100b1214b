import { readFile, writeFile } from 'node:fs/promises'
import { test } from '@japa/runner'
import app from '@adonisjs/core/services/app'
import db from '@adonisjs/lucid/services/db'
import {
  catalogue,
  CATEGORIES,
  entryOf,
  OPTIONAL_CATEGORIES,
  type Entry,
  type NotificationKind,
} from '#notifications/catalogue'
import { notify } from '#notifications/notify'
import { api, expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { emptyMailboxes, mailsTo } from '#tests/support/mailbox'
import { drain } from '#tests/support/jobs'
import { samples } from '#tests/support/notification_samples'
import { aClient, aFreelancer } from '#tests/support/users'

const kinds = Object.keys(catalogue) as NotificationKind[]

/** The same words of whatever kind: what TypeScript cannot see when the kind is not known. */
const entryAndData = (kind: NotificationKind) =>
  [entryOf(kind) as Entry<unknown>, samples[kind] as unknown] as const

const DOCUMENT = 'docs/notifications.md'
const TABLE = /(<!-- table of kinds -->\n\n)[^]*?(\n\n<!-- end of the table -->)/

/** Without what the formatter adds to a table so that its columns stand below each other. */
const unaligned = (text: string) => text.replaceAll(/ +\|/g, ' |').replaceAll(/-{3,}/g, '---')

const MAILED = { always: 'always', by_default: 'yes', never: 'no' }

/** `WRITE_DOCS=1` writes it instead of comparing. */
function tableOfKinds(): string {
  const rows = kinds.map((kind) => {
    const [entry, data] = entryAndData(kind)
    const told = entry.to === 'both' ? 'client, freelancer' : entry.to
    const mail = `${MAILED[entry.email]}${entry.receipt ? ', with receipt' : ''}`
    const cells = [`\`${kind}\``, told, entry.category, mail, entry.words(data).title]
    return `| ${cells.join(' | ')} |`
  })
  const head = ['| kind | told | category | mail | title |', `|${' --- |'.repeat(5)}`]
  return [...head, ...rows].join('\n')
}

test.group('The catalogue of notifications', (group) => {
  group.each.setup(async () => {
    await resetAll()
    await emptyMailboxes()
  })

  test('every kind has words, a page, and fits the rules of its category', ({ assert }) => {
    for (const kind of kinds) {
      const [entry, data] = entryAndData(kind)
      for (const { title, body } of [
        entry.words(data),
        ...(entry.many ? [entry.many(data, 3)] : []),
      ]) {
        assert.match(title, /^[^\n]{5,60}$/, kind)
        assert.match(body, /^[^\n]{10,300}[.?]$/, kind)
        assert.notMatch(title + body, /undefined|null|NaN|\[object/, kind)
      }
      const page = entry.page(data)
      assert.match(page, /^\/[a-z-]+(\/[\w-]+)*$/, kind)
      assert.notMatch(page, /undefined/, kind)
      assert.equal(entry.email === 'always', entry.category === 'security', kind)
      assert.equal(Boolean(entry.thread), Boolean(entry.many), kind)
      if (entry.thread) assert.property(data, entry.thread)
      if (entry.receipt) {
        assert.equal(entry.receipt(data), (data as { transaction_id: string }).transaction_id)
      }
    }
    for (const category of Object.keys(CATEGORIES)) {
      assert.isTrue(
        kinds.some((kind) => catalogue[kind].category === category),
        category
      )
      assert.equal(category === 'security', !OPTIONAL_CATEGORIES.includes(category as never))
    }
  })

  test('each kind reaches whom it is for, by the channels it has, and nobody else', async ({
    assert,
  }) => {
    const people = { client: await aClient(), freelancer: await aFreelancer() }
    for (const kind of kinds) {
      const [entry] = entryAndData(kind)
      for (const type of ['client', 'freelancer'] as const) {
        const told = db.transaction((trx) =>
          notify(trx, { userId: people[type].id, kind, data: samples[kind] as never })
        )
        if (entry.to === 'both' || entry.to === type) await told
        else await assert.rejects(() => told, /is for (client|freelancer)/)
      }
    }
    await drain({ includeDeferred: true, concurrency: 10 })
    for (const type of ['client', 'freelancer'] as const) {
      const user = people[type]
      const told = kinds.filter((kind) => ['both', type].includes(catalogue[kind].to))
      const listed = expectData(await api(user).get('notifications', { query: { limit: 100 } }))
      assert.deepEqual(
        listed.map(({ kind }: { kind: string }) => kind),
        told.toReversed()
      )
      const mailed = told.filter((kind) => catalogue[kind].email !== 'never')
      const titles = mailed.map((kind) => {
        const [entry, data] = entryAndData(kind)
        const { amount, project_title: project } = data as Record<string, string>
        const { title } = entry.words(data)
        return `${title}${amount ? `: ${amount} USD` : ''}${project ? ` (${project})` : ''}`
      })
      const mails = await mailsTo(user.email)
      assert.deepEqual(mails.map(({ subject }) => subject).sort(), titles.sort())
      for (const { subject, text, attachments } of mails) {
        assert.equal(text.includes('The receipt is attached.'), attachments.length > 0, subject)
      }
    }
  })

  test('who is gone or of the other kind is told nothing, and costs no number', async ({
    assert,
  }) => {
    const client = await aClient()
    await assert.rejects(
      () =>
        db.transaction((trx) =>
          notify(trx, {
            userId: client.id,
            kind: 'payout.paid',
            data: samples['payout.paid'],
          })
        ),
      /"payout.paid" is for freelancer/
    )
    await db.transaction((trx) =>
      notify(trx, {
        userId: client.id,
        kind: 'project.completed',
        data: samples['project.completed'],
      })
    )
    const [only] = expectData(await api(client).get('notifications'))
    assert.equal(only.seq, 1)
  })

  test('the document has the table that the catalogue makes', async ({ assert }) => {
    const document = await readFile(app.makePath(DOCUMENT), 'utf8')
    const written = document.replace(TABLE, `$1${tableOfKinds()}$2`)
    if (process.env.WRITE_DOCS === '1') await writeFile(app.makePath(DOCUMENT), written)
    else assert.equal(unaligned(document), unaligned(written), 'run this test with WRITE_DOCS=1')
    assert.match(document, TABLE)
  })
})

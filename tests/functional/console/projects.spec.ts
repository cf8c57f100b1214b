import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { readProject } from '#console/project_page'
import { readProjects } from '#console/projects_page'
import { money } from '#console/formats'
import { Money } from '#ledger/money'
import { api, expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import {
  activeProject,
  aProject,
  fundedMilestone,
  pay,
  submittedMilestone,
} from '#tests/support/projects'
import { countQueries } from '#tests/support/queries'
import { console, createStaff } from '#tests/support/staff'

const pageOf = ({ id }: { id: string }) => `/console/projects/${id}`
const inWords = (decimal: string) => money(Money.parse(decimal, 'USD').minor, 'USD')

test.group('Projects at the console', (group) => {
  group.each.setup(() => resetAll())

  test('are filtered by state, title, amount, currency, period and user', async ({ assert }) => {
    const small = await aProject({ total: '120.00' })
    const { project: big, client } = await activeProject()
    await db.from('projects').where('id', big.id).update({ title: 'A bridge of 100% steel' })
    const browser = console(await createStaff({ role: 'finance' }))
    const list = async (query: string) => {
      const { status, text } = await browser.get(`/console/projects?${query}`)
      assert.equal(status, 200, query)
      return [small.project ?? small, big].filter((each) => text.includes(`"${pageOf(each)}"`))
    }
    const [first] = [small.project ?? small]
    assert.deepEqual(await list(''), [first, big])
    assert.deepEqual(await list('status=active&currency=&least='), [big])
    assert.deepEqual(await list('q=100%25'), [big])
    assert.deepEqual(await list('most=120'), [first])
    assert.deepEqual(await list('least=120.01'), [big])
    assert.deepEqual(await list('currency=eur'), [])
    assert.deepEqual(await list('from=2020-01-01&to=2020-12-31'), [])
    const today = new Date().toISOString().slice(0, 10)
    assert.deepEqual(await list(`from=${today}&to=${today}`), [first, big])
    assert.deepEqual(await list(`user=${client.id}`), [big])
    assert.deepEqual(await list('has=dispute'), [])
    assert.include((await browser.get('/console/projects?q=nothing')).text, 'No project fits')
  })

  test('tell one as a story, with the totals that the API gives', async ({ assert }) => {
    const { client, project, milestone } = await submittedMilestone()
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    await settle()
    const account = expectData(await api(client).get(`payments/escrow/${project.id}`))
    const browser = console(await createStaff({ role: 'support' }))
    const { status, text } = await browser.get(pageOf(project))
    assert.equal(status, 200)
    for (const total of ['total_deposited', 'total_released', 'total_refunded', 'balance']) {
      assert.include(text, inWords(account[total]), total)
    }
    const story = text.replace(/<[^>]+>|\s+/g, ' ').replace(/ +/g, ' ')
    for (const sentence of [
      'handed in work',
      'approved the work',
      'released money to the freelancer',
      'paid the freelancer',
    ]) {
      assert.include(story, sentence)
    }
    assert.notInclude(story, 'recorded:')
    const entries = await db.from('journal_entries').where('milestone_id', milestone.id)
    for (const { id } of entries.filter(({ kind }) => kind === 'release')) {
      assert.include(text, `/console/ledger/entries/${id}`)
    }
    assert.include(text, `/console/ledger/accounts/escrow%3A${milestone.id}/USD`)
    const [{ id }] = await db.from('transactions').where('transaction_type', 'payout')
    assert.include(text, `/console/transactions/${id}`)
  })

  test('lead from a milestone to its place in the story', async ({ assert }) => {
    const { project, milestone } = await fundedMilestone()
    const browser = console(await createStaff())
    const { location } = await browser.get(`/console/milestones/${milestone.id}`)
    assert.equal(location, `${pageOf(project)}#milestone-${milestone.id}`)
    assert.include((await browser.get(pageOf(project))).text, `id="milestone-${milestone.id}"`)
    assert.equal((await browser.get('/console/milestones/nothing')).status, 404)
  })

  test('show titles and reasons as text, never as a part of the page', async ({ assert }) => {
    const { project, milestone } = await fundedMilestone()
    const title = '<script>alert(1)</script>'
    await db.from('projects').where('id', project.id).update({ title, description: title })
    await db.from('milestones').where('id', milestone.id).update({ title })
    const browser = console(await createStaff())
    for (const path of ['/console/projects', pageOf(project)]) {
      const { text } = await browser.get(path)
      assert.include(text, '&lt;script&gt;')
      assert.notInclude(text, '<script>alert')
    }
  })

  test('are told to their very beginning, page by page, and no line twice', async ({ assert }) => {
    const { project, milestone } = await fundedMilestone()
    // Three of each moment, so that pages end between lines of the same one.
    await db.rawQuery(
      `INSERT INTO activity (project_id, milestone_id, subject_type, subject_id, actor_type, action, at)
       SELECT ?, ?, 'project', ?, 'system', 'project.edited', now() + (n / 3) * interval '1 second'
         FROM generate_series(1, 430) n`,
      [project.id, milestone.id, project.id]
    )
    const { total } = await db
      .from('activity')
      .where({ project_id: project.id })
      .count('* AS total')
      .first()
    const keys: string[] = []
    let after: string | undefined
    do {
      const { timeline } = await readProject(db.connection(), project.id, after)
      keys.push(...timeline.rows.map(({ key }) => key))
      assert.equal(timeline.meta.has_more, keys.length < Number(total))
      after = timeline.meta.next_cursor ?? undefined
    } while (after)
    assert.lengthOf(keys, Number(total))
    assert.lengthOf([...new Set(keys)], Number(total))

    const browser = console(await createStaff())
    const latest = await browser.get(pageOf(project))
    assert.notInclude(latest.text, 'drafted the project')
    const next = /href="([^"]*)#timeline"\s*>\s*Older lines/
    const older = await browser.get(next.exec(latest.text)![1].replaceAll('&amp;', '&'))
    assert.include(older.text, 'Latest lines')
    const oldest = await browser.get(next.exec(older.text)![1].replaceAll('&amp;', '&'))
    assert.include(oldest.text, 'drafted the project')
    assert.notInclude(oldest.text, 'Older lines')
    assert.equal((await browser.get(`${pageOf(project)}?after=nonsense`)).status, 422)
  })

  test('take as many queries with fifty rows as with five, and as long as a story may be', async ({
    assert,
  }) => {
    const { project, client } = await fundedMilestone()
    for (let count = 0; count < 4; count++) await aProject({ client })
    const list = () => readProjects(db.connection(), {})
    const story = () => readProject(db.connection(), project.id)
    const few = [await countQueries(list), await countQueries(story)]
    for (let count = 0; count < 45; count++) await aProject({ client })
    await db.rawQuery(
      `INSERT INTO activity (project_id, subject_type, subject_id, actor_type, action)
       SELECT ?, 'project', ?, 'system', 'project.edited' FROM generate_series(1, 250)`,
      [project.id, project.id]
    )
    assert.deepEqual([await countQueries(list), await countQueries(story)], few)
    const first = await list()
    assert.lengthOf(first.rows, 50)
    assert.isFalse(first.meta.has_more)
  })
})

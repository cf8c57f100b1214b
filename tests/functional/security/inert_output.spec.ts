import { parse } from 'csv-parse/sync'
import { test } from '@japa/runner'
import { invitationToken } from '#escrow/invitation_token'
import { api, expectData } from '#tests/support/api'
import { consolePages } from '#tests/support/console_pages'
import { resetAll } from '#tests/support/database'
import { activeInHtml, fieldsIn, hostileLine, hostileText } from '#tests/support/hostile'
import { settle } from '#tests/support/jobs'
import { openStream, until } from '#tests/support/live'
import { sendBySmtp, startMailServer, type MailServer } from '#tests/support/mail_server'
import { readPdf } from '#tests/support/pdf'
import { aPayoutAccount, fund, inDays, pay } from '#tests/support/projects'
import { console, createStaff } from '#tests/support/staff'
import { aClient, aFreelancer, PASSWORD, tokenOf } from '#tests/support/users'
import { unzip } from '#tests/support/zip'
import Milestone from '#models/milestone'

/** Line breaks and control characters, and what turns the direction around. */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const NOT_IN_A_LINE = /[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]/

type Story = Awaited<ReturnType<typeof aStory>>

/** A case in which every field that a party may set was set, through the API, to what is hostile. */
async function aStory() {
  const [client, freelancer] = [await aClient(), await aFreelancer()]
  for (const user of [client, freelancer]) {
    const side = user.userType
    expectData(
      await api(user).put('users/profile', {
        first_name: hostileLine(`${side}_first`),
        last_name: `${hostileLine(`${side}_last`).slice(0, 95)}`,
        bio: hostileText(`${side}_bio`),
        skills: [`<inert-${side}_skill dq"dq`],
        portfolio_url: `https://example.com/?a=inert-${side}_url&b=sq'sq{{6*7}}`,
      })
    )
  }
  expectData(
    await api().post(
      'auth/login',
      { email: client.email, password: PASSWORD },
      { headers: { 'user-agent': hostileLine('user_agent') } }
    )
  )
  const project = expectData(
    await api(client).post('projects', {
      title: hostileLine('project_title'),
      description: hostileText('project_description'),
      total_amount: '500.00',
      deadline: inDays(60),
    }),
    201
  )
  const ids: string[] = []
  for (let n = 0; n < 4; n++) {
    const milestone = {
      title: hostileLine('milestone_title'),
      description: hostileText('milestone_description'),
      amount: '100.00',
      due_date: inDays(30),
    }
    ids.push(
      expectData(await api(client).post(`projects/${project.id}/milestones`, milestone), 201).id
    )
  }
  const invitation = expectData(
    await api(client).post(`projects/${project.id}/invitations`, { email: freelancer.email }),
    201
  )
  await settle()
  expectData(await api(freelancer).post(`invitations/${invitationToken(invitation.id)}/accept`))
  await aPayoutAccount(freelancer)
  const milestones = await Milestone.query().whereIn('id', ids).orderBy('id')
  const [worked, refunded, disputed, released] = milestones
  const deposit = await fund(client, milestones)

  const file = expectData(
    await api(freelancer).upload(
      `milestones/${worked.id}/deliverables`,
      'file',
      '<html><script>alert(1)</script>',
      `${hostileLine('file_name')}\r\nX-Inert: 1\u202e.html`
    ),
    201
  )
  await settle()
  expectData(
    await api(freelancer).post(`milestones/${worked.id}/submit`, {
      note: hostileText('submission_note'),
      links: ["https://example.com/?a=inert-link&b=sq'sq{{6*7}}"],
      deliverable_ids: [file.id],
    })
  )
  expectData(
    await api(client).post(`milestones/${worked.id}/reject`, { reason: hostileText('rejection') })
  )
  expectData(
    await pay(client, 'payments/refund', {
      milestone_id: refunded.id,
      reason: hostileText('refund_reason'),
    }),
    201
  )
  expectData(
    await api(freelancer).post(`projects/${project.id}/proposals`, {
      kind: 'change_project',
      changes: {
        title: hostileLine('proposed_title'),
        description: hostileText('proposed_description'),
      },
    }),
    201
  )
  expectData(
    await api(client).post(`projects/${project.id}/messages`, { body: hostileText('message') }),
    201
  )
  expectData(await pay(client, 'payments/release', { milestone_id: released.id }), 201)
  const { id: dispute } = expectData(
    await api(client).post(`milestones/${disputed.id}/disputes`, {
      reason: hostileText('dispute_reason'),
      asked_amount: '40.00',
    }),
    201
  )
  const about = (path: string) => `disputes/${dispute}/${path}`
  expectData(await api(freelancer).post(about('answer'), { body: hostileText('dispute_answer') }))
  expectData(
    await api(client).post(about('offers'), {
      to_freelancer: '60.00',
      note: hostileText('offer_note'),
    }),
    201
  )
  expectData(
    await api(client).post(about('messages'), { body: hostileText('dispute_message') }),
    201
  )
  const evidence = expectData(
    await api(client).upload(
      about('evidence'),
      'file',
      'What was agreed.',
      `${hostileLine('evidence_name')}\r\nX-Inert: 1\u202e.txt`
    ),
    201
  )
  expectData(await api(freelancer).post(about('escalate')))
  await settle()
  return {
    client,
    freelancer,
    project: project.id as string,
    worked,
    refunded,
    dispute: dispute as string,
    deposit: deposit.id as string,
    file: file.id as string,
    evidence: evidence.id as string,
  }
}

test.group('What people write', (group) => {
  let story: Story
  let mails: MailServer['received']

  group.setup(async () => {
    await resetAll()
    const undo: (() => void | Promise<void>)[] = []
    const server = await startMailServer((each) => undo.push(each as () => void))
    sendBySmtp((each) => undo.push(each as () => void), { port: server.port })
    mails = server.received
    const end = async () => {
      for (const each of undo.toReversed()) await each()
    }
    try {
      story = await aStory()
      await settle({ includeDeferred: true })
    } catch (error) {
      await end()
      throw error
    }
    return end
  })

  test('is text on every page of the console that shows it', async ({ assert }) => {
    const browser = console(await createStaff({ role: 'admin' }))
    const own = [
      `/console/users/${story.client.id}`,
      `/console/users/${story.freelancer.id}`,
      `/console/projects/${story.project}`,
      `/console/disputes/${story.dispute}`,
      `/console/transactions/${story.deposit}`,
      `/console/search?q=${encodeURIComponent('<inert')}`,
      `/console/users?q=${encodeURIComponent('=<inert-client')}`,
    ]
    const pages = (await consolePages()).flatMap(({ path }) => path ?? [])
    const seen = new Set<string>()
    for (const path of new Set([...own, ...pages])) {
      const { text, headers } = await browser.get(path)
      assert.deepEqual(activeInHtml(text), [], path)
      assert.isNull(headers.get('x-inert'), path)
      for (const field of fieldsIn(text)) seen.add(field)
    }
    assert.includeMembers(
      [...seen],
      [
        ...['client_first', 'client_last', 'client_bio', 'client_skill', 'client_url'],
        ...['freelancer_first', 'freelancer_last', 'freelancer_bio', 'user_agent'],
        ...['project_title', 'project_description', 'milestone_title', 'file_name', 'rejection'],
        ...['refund_reason', 'dispute_reason', 'dispute_answer', 'dispute_message'],
        ...['offer_note', 'evidence_name'],
      ]
    )
  })

  test('is text in mails, and none of it a header, a recipient or a second line of one', async ({
    assert,
  }) => {
    assert.isAbove(mails.length, 5)
    const seen = new Set<string>()
    for (const { to, parsed, raw } of mails) {
      assert.lengthOf(to, 1)
      assert.include([story.client.email, story.freelancer.email], to[0])
      const subject = parsed.subject!
      assert.notMatch(subject, NOT_IN_A_LINE)
      assert.isFalse(parsed.headers.has('x-inert'), subject)
      assert.isFalse(parsed.headers.has('bcc'), subject)
      assert.notMatch(raw, /^X-Inert:/m, subject)
      assert.notMatch(parsed.text!, /^X-Inert/m, subject)
      assert.notInclude(parsed.text!, 'e42e')
      assert.deepEqual(activeInHtml(parsed.html || ''), [], subject)
      for (const { filename, contentType } of parsed.attachments) {
        assert.match(filename!, /^[\w.-]+\.pdf$/)
        assert.equal(contentType, 'application/pdf')
      }
      for (const part of [subject, parsed.text!, parsed.html || '']) {
        for (const field of fieldsIn(part)) seen.add(field)
      }
    }
    assert.includeMembers([...seen], ['client_first', 'project_title', 'milestone_title'])
  })

  test('is no formula in a statement, and no more than words in a receipt', async ({ assert }) => {
    for (const user of [story.client, story.freelancer]) {
      const { bytes } = await api(user).file('payments/statement', {
        query: { from: '2026-01-01', to: '2027-01-01' },
      })
      const rows: Record<string, string>[] = parse(bytes, { columns: true })
      const cells = rows.flatMap((row) => Object.entries(row))
      for (const [column, cell] of cells) {
        if (['amount', 'fee', 'net', 'balance'].includes(column)) assert.match(cell, /^-?[\d.]*$/)
        else assert.notMatch(cell, /^[=+\-@\t\r＝＋－＠]/u, column)
      }
      const titles = cells.filter(([column]) => /^(project|milestone)$/.test(column))
      assert.include(
        titles.map(([, cell]) => cell),
        `'${hostileLine('project_title')}`
      )
    }
    const { bytes, headers } = await api(story.client).file(
      `payments/transactions/${story.deposit}/receipt`
    )
    assert.match(headers.get('content-disposition')!, /^attachment; filename="[\w.-]+\.pdf"$/)
    const { text, active } = await readPdf(bytes)
    assert.include(text.replaceAll(' ', ''), hostileLine('project_title').replaceAll(' ', ''))
    assert.equal(active, 0)
  })

  test('comes back from the API as it was written, as JSON that no browser takes for a page', async ({
    assert,
  }) => {
    const seen = new Set<string>()
    const paths = [
      'users/profile',
      'auth/sessions',
      `users/${story.freelancer.id}`,
      `projects/${story.project}`,
      `projects/${story.project}/activity`,
      `projects/${story.project}/milestones`,
      `projects/${story.project}/messages`,
      `projects/${story.project}/proposals`,
      `milestones/${story.worked.id}/submissions`,
      `milestones/${story.worked.id}/deliverables`,
      `disputes/${story.dispute}`,
      `disputes/${story.dispute}/messages`,
      `disputes/${story.dispute}/offers`,
      'payments/refunds',
      'notifications',
    ]
    for (const path of paths) {
      const { status, headers, body } = await api(story.client).get(path)
      assert.equal(status, 200, path)
      assert.match(headers.get('content-type')!, /^application\/json/, path)
      assert.equal(headers.get('x-content-type-options'), 'nosniff', path)
      assert.match(headers.get('content-security-policy')!, /default-src 'none'/, path)
      assert.isNull(headers.get('x-inert'), path)
      for (const field of fieldsIn(JSON.stringify(body))) seen.add(field)
    }
    assert.includeMembers(
      [...seen],
      [
        ...['client_first', 'client_last', 'client_bio', 'client_skill', 'freelancer_bio'],
        ...['project_title', 'project_description', 'milestone_title', 'milestone_description'],
        ...['file_name', 'submission_note', 'link', 'rejection', 'refund_reason', 'message'],
        ...['proposed_title', 'proposed_description', 'dispute_reason', 'dispute_answer'],
        ...['offer_note', 'dispute_message', 'user_agent'],
      ]
    )
    const { data } = await api(story.client).get(`projects/${story.project}`)
    assert.equal(data.title, hostileLine('project_title'))
    assert.equal(data.description, hostileText('project_description'))
    // A parser's error repeats what was sent, and so do others.
    const refused = await api(story.client).post('projects', '<script>alert(1)</script>')
    assert.equal(refused.headers.get('content-type'), 'application/problem+json')
  })

  test('is a name of one line where a file is saved, and the file no page', async ({ assert }) => {
    const saved = [
      [`deliverables/${story.file}/download`, 'file_name'],
      [`evidence/${story.evidence}/download`, 'evidence_name'],
    ]
    for (const [path, field] of saved) {
      const { url } = expectData(await api(story.client).get(path))
      const answer = await fetch(url)
      const disposition = answer.headers.get('content-disposition')!
      assert.match(
        disposition,
        /^attachment; filename="[^"\\\r\n]*"; filename\*=UTF-8''[\w.!~%-]+$/
      )
      const name = decodeURIComponent(disposition.split("UTF-8''")[1])
      assert.include(name, `inert-${field}`)
      assert.notMatch(name, NOT_IN_A_LINE)
      assert.isNull(answer.headers.get('x-inert'))
      assert.notMatch(answer.headers.get('content-type')!, /html|script|xml/)
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
      await answer.arrayBuffer()
    }
  })

  test('makes no event, and no line of its own, in a live stream', async ({ assert, cleanup }) => {
    const stream = await openStream(story.freelancer)
    cleanup(() => stream.close())
    assert.equal(stream.status, 200)
    const message = { body: hostileText('live_message') }
    expectData(await api(story.client).post(`projects/${story.project}/messages`, message), 201)
    await until('the news to come', () => fieldsIn(stream.text).length > 0)
    for (const line of stream.text.split('\n')) {
      assert.match(line, /^(data: \{.*\}|id: .*|event: (?!inert).*|retry: \d+|:.*|)$/)
    }
    assert.notMatch(stream.text, /\r|^X-Inert|^event: inert/m)
    const told = JSON.stringify(stream.heard)
    assert.include(told, 'inert-project_title')
  })

  test('is plain JSON in a copy of all data, and its files stay in their folders', async ({
    assert,
  }) => {
    for (const user of [story.client, story.freelancer]) {
      const { id } = expectData(await api(user).post('users/export'), 202)
      await settle()
      const { url } = expectData(await api(user).get(`users/exports/${id}/download`))
      const answer = await fetch(url, {
        headers: { authorization: `Bearer ${await tokenOf(user)}` },
      })
      assert.match(answer.headers.get('content-disposition')!, /^attachment; filename="safesend-/)
      const entries = await unzip(Buffer.from(await answer.arrayBuffer()))
      const seen = new Set<string>()
      for (const [name, bytes] of entries) {
        assert.notMatch(name, NOT_IN_A_LINE)
        assert.match(name, /^([\w-]+\.json|README\.txt|files\/[\w-]+\/[\w-]+\/[^/\\<>"]+)$/)
        if (!name.endsWith('.json') || name.startsWith('files/')) continue
        JSON.parse(bytes.toString())
        for (const field of fieldsIn(bytes.toString())) seen.add(field)
      }
      assert.includeMembers([...seen], [`${user.userType}_bio`, 'project_title', 'milestone_title'])
    }
  })
})

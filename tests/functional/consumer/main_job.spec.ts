import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { parse } from 'csv-parse/sync'
import { test } from '@japa/runner'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { ownUrl, until } from '#tests/support/live'
import { mailedToken } from '#tests/support/mailbox'
import { readPdf } from '#tests/support/pdf'
import { sandbox } from '#tests/support/sandbox'
import { answerOf, dataOf, Frontend, Refused } from './frontend.js'
import { Network } from './network.js'

const DAY_MS = 86_400_000
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString()

/** Under a key of its own, as whatever moves money wants it. */
const keyed = (key: string = randomUUID()) => ({ 'Idempotency-Key': key })

test.group('A frontend written against the typed client alone', (group) => {
  const frontends: Frontend[] = []
  group.each.setup(() => resetAll())
  group.each.teardown(() => frontends.splice(0).forEach((frontend) => frontend.stop()))

  async function joined(user_type: 'client' | 'freelancer', first_name: string) {
    const network = new Network()
    const frontend = new Frontend(ownUrl(), network.fetch)
    frontends.push(frontend)
    const { api } = frontend
    const email = `${first_name.toLowerCase()}@example.com`
    const password = randomBytes(12).toString('base64url')

    const terms = await dataOf(api.GET('/api/terms'))
    await dataOf(
      api.POST('/api/auth/register', {
        body: { email, password, user_type, first_name, terms_version: terms.version },
      })
    )
    const token = await mailedToken(email, '/verify-email')
    await dataOf(api.POST('/api/auth/verify-email', { body: { token } }))
    await frontend.signIn(email, password)
    await frontend.listen()
    return { frontend, network, api, email }
  }

  test('plays the main job from registration to the papers, and hears of all of it', async ({
    assert,
  }) => {
    const client = await joined('client', 'Clara')
    const freelancer = await joined('freelancer', 'Farid')
    assert.isTrue(client.frontend.user.is_verified)

    // Where Farid is paid.
    const account = await dataOf(
      freelancer.api.POST('/api/payments/payout-accounts', {
        body: { payment_provider: 'stripe', country: 'US' },
      })
    )
    const { url: onboarding } = await dataOf(
      freelancer.api.POST('/api/payments/payout-accounts/{id}/onboarding-link', {
        params: { path: { id: account.id } },
      })
    )
    await fillIn(onboarding)
    await settle()
    const [ready] = await dataOf(freelancer.api.GET('/api/payments/payout-accounts'))
    assert.deepInclude(ready, { id: account.id, status: 'enabled', requirements: [] })

    // What is to be done, for how much.
    const project = await dataOf(
      client.api.POST('/api/projects', {
        body: {
          title: 'Shop for lamps',
          description: 'Design, checkout and texts.',
          total_amount: '1400.00',
          currency: 'USD',
          deadline: inDays(60),
        },
      })
    )
    const milestones = []
    for (const [title, amount] of [
      ['Design and checkout', '1000.00'],
      ['Texts', '400.00'],
    ]) {
      const added = await dataOf(
        client.api.POST('/api/projects/{id}/milestones', {
          params: { path: { id: project.id } },
          body: { title, amount, description: 'As discussed.', due_date: inDays(30) },
        })
      )
      milestones.push(added)
    }
    const [design, texts] = milestones
    await dataOf(
      client.api.POST('/api/projects/{id}/invitations', {
        params: { path: { id: project.id } },
        body: { email: freelancer.email },
      })
    )
    await settle()

    // Farid sees who asks for what, what of it will be his, and agrees to it.
    const [invitation] = await dataOf(freelancer.api.GET('/api/invitations'))
    const offered = invitation.project!
    assert.equal(offered.client.name, 'Clara')
    assert.deepEqual(
      offered.milestones.map(({ title, amount }) => `${title} ${amount}`),
      ['Design and checkout 1000.00', 'Texts 400.00']
    )
    assert.deepInclude(offered.quote, { currency: 'USD', fee: '140.00', net: '1260.00' })
    const terms = await dataOf(freelancer.api.GET('/api/terms'))
    const token = await mailedToken(freelancer.email, '/invitations/accept')
    const accepted = await dataOf(
      freelancer.api.POST('/api/invitations/{token}/accept', {
        params: { path: { token } },
        body: { terms: offered.terms, terms_version: terms.version },
      })
    )
    assert.equal(accepted.status, 'accepted')

    // Clara pays for all of it; a lost answer is asked for again under the same key, and costs nothing.
    const quote = await dataOf(
      client.api.GET('/api/payments/quote', {
        params: { query: { 'milestone_ids[]': milestones.map(({ id }) => id) } },
      })
    )
    assert.equal(quote.amount, '1400.00')
    assert.isTrue(
      quote.payment_providers.find(({ payment_provider }) => payment_provider === 'stripe')!
        .accepted
    )
    const order = {
      params: { header: keyed() },
      body: {
        milestone_ids: milestones.map(({ id }) => id),
        payment_provider: 'stripe' as const,
      },
    }
    const deposit = await dataOf(client.api.POST('/api/payments/deposit', order))
    const again = await client.api.POST('/api/payments/deposit', order)
    assert.equal(again.response.headers.get('idempotent-replayed'), 'true')
    assert.equal(again.data?.data.id, deposit.id)
    assert.equal(deposit.client_action?.type, 'confirm_payment')
    assert.isNotEmpty(deposit.client_action?.client_secret)
    assert.isTrue(Boolean(sandbox.confirm(deposit.provider_transaction_id)))
    await settle()
    await heard(client, 'deposit.completed')
    await heard(freelancer, 'milestone.funded', 2)
    const paid = await dataOf(
      client.api.GET('/api/payments/transactions/{id}', {
        params: { path: { id: deposit.id } },
      })
    )
    assert.deepInclude(paid, { status: 'completed', amount: '1400.00', currency: 'USD' })

    // Farid hands his work in; Clara fetches it by a link that needs no token, and approves.
    const bytes = randomBytes(300_000)
    const file = new File([bytes], 'Entwürfe & Texte.bin', { type: 'application/octet-stream' })
    const deliverable = await dataOf(
      freelancer.api.POST('/api/milestones/{id}/deliverables', {
        params: { path: { id: design.id } },
        body: { file },
      })
    )
    assert.deepInclude(deliverable, {
      name: file.name,
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    })
    const submitted = await dataOf(
      freelancer.api.POST('/api/milestones/{id}/submit', {
        params: { path: { id: design.id } },
        body: { note: 'All of it.', deliverable_ids: [deliverable.id] },
      })
    )
    assert.equal(submitted.status, 'submitted')
    await heard(client, 'milestone.submitted')
    const link = await dataOf(
      client.api.GET('/api/deliverables/{id}/download', {
        params: { path: { id: submitted.submission!.deliverables[0].id } },
      })
    )
    const download = await fetch(link.url)
    assert.match(download.headers.get('content-disposition')!, /^attachment/)
    assert.isTrue(bytes.equals(Buffer.from(await download.arrayBuffer())))
    const release = await dataOf(
      client.api.POST('/api/milestones/{id}/approve', {
        params: { path: { id: design.id }, header: keyed() },
      })
    )
    assert.deepInclude(release, { amount: '1000.00', platform_fee: '100.00', net: '900.00' })
    await settle()
    await heard(freelancer, 'payout.paid')

    // Farid's train enters a tunnel. What happens meanwhile, he reads when it is over.
    const before = { tokens: freelancer.frontend.tokens!, heard: freelancer.frontend.heard.length }
    await dataOf(
      freelancer.api.POST('/api/milestones/{id}/submit', {
        params: { path: { id: texts.id } },
        body: { note: 'The texts.', links: ['https://example.com/texts'] },
      })
    )
    await heard(client, 'milestone.submitted', 2)
    freelancer.network.lose()
    await dataOf(
      client.api.POST('/api/milestones/{id}/approve', {
        params: { path: { id: texts.id }, header: keyed() },
      })
    )
    await settle()
    await heard(client, 'project.completed')
    await freelancer.frontend.taken()
    assert.lengthOf(freelancer.frontend.heard, before.heard)
    const requestsBefore = freelancer.network.requests.length
    freelancer.network.restore()
    await heard(freelancer, 'project.completed')
    const missed = freelancer.frontend.heard.slice(before.heard)
    assert.isTrue(missed.every(({ came }) => came === 'replayed'))
    const since = freelancer.network.requests.slice(requestsBefore)
    assert.include(since, 'POST /api/auth/refresh')
    assert.include(since, `GET /api/notifications?after=${before.heard}&limit=2`)
    const now = freelancer.frontend.tokens!
    assert.notEqual(now.access_token, before.tokens.access_token)
    assert.notEqual(now.refresh_token, before.tokens.refresh_token)
    const sessions = await dataOf(freelancer.api.GET('/api/auth/sessions'))
    assert.deepEqual(
      sessions.map(({ current }) => current),
      [true]
    )

    // The stream is live again.
    await dataOf(
      client.api.POST('/api/projects/{id}/messages', {
        params: { path: { id: project.id } },
        body: { body: 'Thank you!' },
      })
    )
    await heard(freelancer, 'message.received')
    assert.equal(freelancer.frontend.heard.at(-1)!.came, 'live')

    // What each was told, in the order of the numbers, without a gap.
    assert.deepEqual(toldTo(client), [
      'invitation.accepted',
      'deposit.completed',
      'milestone.submitted',
      'payment.released',
      'milestone.submitted',
      'project.completed',
      'payment.released',
    ])
    assert.deepEqual(toldTo(freelancer), [
      'payout_account.added',
      'payout_account.enabled',
      'invitation.received',
      'milestone.funded',
      'milestone.funded',
      'release.made',
      'payout.paid',
      'project.completed',
      'release.made',
      'payout.paid',
      'message.received',
    ])
    for (const { frontend } of [client, freelancer]) {
      assert.deepEqual(
        frontend.heard.map(({ seq }) => seq),
        frontend.heard.map((_, index) => index + 1)
      )
    }
    assert.isTrue(client.frontend.heard.every(({ came }) => came === 'live'))
    const funded = client.frontend.heard.find(({ kind }) => kind === 'deposit.completed')!
    assert.equal(funded.data.transaction_id, deposit.id)

    // The books, as each of them sees them.
    const query = { project_id: project.id }
    const spent = await dataOf(client.api.GET('/api/payments/transactions', { params: { query } }))
    assert.sameMembers(
      spent.map(({ transaction_type, amount }) => `${transaction_type} ${amount}`),
      ['deposit 1400.00', 'release 1000.00', 'fee 100.00', 'release 400.00', 'fee 40.00']
    )
    const earned = await dataOf(
      freelancer.api.GET('/api/payments/transactions', { params: { query } })
    )
    assert.includeMembers(
      earned.map(({ transaction_type, amount }) => `${transaction_type} ${amount}`),
      ['payout 900.00', 'payout 360.00']
    )
    const payouts = await dataOf(freelancer.api.GET('/api/payments/payouts'))
    assert.deepEqual(
      payouts.map(({ state, amount }) => `${state} ${amount}`),
      ['paid 360.00', 'paid 900.00']
    )
    const escrow = await dataOf(
      client.api.GET('/api/payments/escrow/{project_id}', {
        params: { path: { project_id: project.id } },
      })
    )
    assert.deepInclude(escrow, { balance: '0.00', total_released: '1400.00' })

    const overview = await dataOf(freelancer.api.GET('/api/users/dashboard'))
    if (overview.user_type !== 'freelancer') throw new Error('Farid sees the page of a client.')
    assert.deepInclude(overview.money[0], { currency: 'USD', held: '0.00', payable: '0.00' })
    assert.equal(overview.projects.completed, 1)
    assert.equal(overview.unread_notifications, freelancer.frontend.heard.length)
    const clients = await dataOf(client.api.GET('/api/users/dashboard'))
    assert.equal(clients.user_type, 'client')

    // The papers.
    const payout = earned.find(({ amount }) => amount === '900.00')!
    for (const [{ api }, { id, amount }] of [
      [client, deposit],
      [freelancer, payout],
    ] as const) {
      const receipt = await answerOf(
        api.GET('/api/payments/transactions/{id}/receipt', {
          params: { path: { id } },
          parseAs: 'blob',
        })
      )
      assert.equal(receipt.type, 'application/pdf')
      const { text } = await readPdf(new Uint8Array(await receipt.arrayBuffer()))
      assert.include(text, amount)
      assert.include(text, 'Shop for lamps')
    }
    const statement = await answerOf(
      freelancer.api.GET('/api/payments/statement', {
        params: { query: { from: inDays(-1), to: inDays(1) } },
        parseAs: 'text',
      })
    )
    const rows: Record<string, string>[] = parse(statement, { columns: true })
    assert.deepEqual(
      rows.map(({ type, net, balance }) => `${type} ${net} ${balance}`.replace('  ', ' ')),
      [
        'opening_balance 0.00',
        'release 900.00 900.00',
        'payout -900.00 0.00',
        'release 360.00 360.00',
        'payout -360.00 0.00',
        'closing_balance 0.00',
      ]
    )

    // Farid signs out, which ends his tokens with it.
    await freelancer.api.POST('/api/auth/logout')
    const refused = await answerOf(freelancer.api.GET('/api/users/dashboard')).catch(
      (error: unknown) => error
    )
    assert.instanceOf(refused, Refused)
    assert.equal((refused as Refused).status, 401)
  })
})

type Joined = { frontend: Frontend }

/** Waits until somebody was told something, so many times. */
async function heard({ frontend }: Joined, kind: string, times = 1): Promise<void> {
  const told = () => frontend.heard.filter((each) => each.kind === kind).length
  await until(`${kind} to be heard of`, () => told() >= times)
  await frontend.taken()
}

const toldTo = ({ frontend }: Joined) => frontend.heard.map(({ kind }) => kind)

/** What somebody does on the provider's page, in a browser. */
async function fillIn(page: string): Promise<void> {
  const answer = await fetch(page, { method: 'POST', redirect: 'manual' })
  await answer.arrayBuffer()
}

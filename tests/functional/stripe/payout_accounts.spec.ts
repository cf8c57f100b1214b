import { test } from '@japa/runner'
import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { changeSetting } from '#escrow/settings'
import refreshRecipients from '#jobs/refresh_recipients'
import PayoutAccount from '#models/payout_account'
import type User from '#models/user'
import { observeRecipient } from '#payments/recipients'
import { stripe } from '#payments/stripe/index'
import type { AccountState } from '#sandbox/stripe/index'
import { api, expectData, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { breaks } from '#tests/support/ledger'
import { aPayoutAccount, pay, submittedMilestone } from '#tests/support/projects'
import { sandbox } from '#tests/support/sandbox'
import { aClient, aFreelancer } from '#tests/support/users'
import { failureOf, json, strangeServer, withSecret, withSetting } from './helpers.js'

const PATH = 'payments/payout-accounts'
const CREATE = 'POST /v1/accounts'
const REPLAYED = { 'idempotent-replayed': 'true' }
/** For jobs that only log what failed. */
const loud = {
  logger: {
    error: ({ err }: { err: Error }) => {
      throw err
    },
  },
} as any
const add = (user: User, body: object = { payment_provider: 'stripe', country: 'US' }) =>
  api(user).post(PATH, body)
const addIn = (user: User, country: string) => add(user, { payment_provider: 'stripe', country })

test.group('Payout accounts', (group) => {
  group.each.setup(resetAll)

  test('a freelancer adds one, goes through onboarding, and can be paid', async ({ assert }) => {
    const freelancer = await aFreelancer()
    const account = expectData(await add(freelancer), 201)
    assert.deepInclude(account, {
      payment_provider: 'stripe',
      country: 'US',
      status: 'pending',
      is_default: true,
    })
    assert.match(account.destination, /^acct_/)
    assert.isNotEmpty(account.requirements)

    const link = expectData(await api(freelancer).post(`${PATH}/${account.id}/onboarding-link`, {}))
    const page = await fetch(link.url, { method: 'POST', redirect: 'manual' })
    assert.isBelow(page.status, 400)
    await settle()

    const list = await api(freelancer).get(PATH)
    assert.deepEqual(list.body.meta, { next_cursor: null, has_more: false })
    const [enabled] = expectData(list)
    assert.deepInclude(enabled, { status: 'enabled', requirements: [] })
    const kinds = await db
      .from('notifications')
      .where('user_id', freelancer.id)
      .orderBy('seq')
      .select('kind')
    assert.deepEqual(kinds, [{ kind: 'payout_account.added' }, { kind: 'payout_account.enabled' }])
  })

  test('a link is asked for each time and never stored', async ({ assert }) => {
    const freelancer = await aFreelancer()
    const { id } = expectData(await add(freelancer), 201)
    const urls = {
      return_url: 'https://shop.example/done',
      refresh_url: 'https://shop.example/again',
    }
    const first = await api(freelancer).post(`${PATH}/${id}/onboarding-link`, urls)
    const second = await api(freelancer).post(`${PATH}/${id}/onboarding-link`, urls)
    assert.notEqual(expectData(first).url, expectData(second).url)
    assert.equal(first.headers.get('cache-control'), 'no-store')
    const asked = sandbox.requestLog.filter(({ path }) => path === '/v1/account_links')
    assert.deepInclude(asked[0].params, urls)
  })

  test('what the provider wants later shows, and restricts', async ({ assert }) => {
    const freelancer = await aFreelancer()
    const { destination } = expectData(await add(freelancer), 201)
    sandbox.completeOnboarding(destination)
    await settle()
    sandbox.restrictAccount(destination)
    await settle()
    const [account] = expectData(await api(freelancer).get(PATH))
    assert.equal(account.status, 'restricted')
    assert.isNotEmpty(account.requirements)
  })

  test('{what} is {status}')
    .with([
      {
        what: 'an account whose papers are being checked',
        state: {
          capabilities: 'pending',
          payoutsEnabled: false,
          pendingVerification: ['individual.id_number'],
          disabledReason: 'requirements.pending_verification',
        },
        status: 'pending',
        wanted: [],
      },
      {
        what: 'an account that Stripe looks into by itself',
        state: { capabilities: 'inactive', payoutsEnabled: false, disabledReason: 'under_review' },
        status: 'pending',
        wanted: [],
      },
      {
        what: 'an account that has to give something by a date',
        state: { currentlyDue: ['individual.id_number'], deadline: 1_900_000_000 },
        status: 'enabled',
        wanted: ['individual.id_number'],
      },
      {
        what: 'an account that has to give something eventually',
        state: { eventuallyDue: ['individual.ssn_last_4'] },
        status: 'enabled',
        wanted: [],
      },
      {
        what: 'an account that can be paid, but cannot send to its bank',
        state: { payoutsEnabled: false, currentlyDue: ['external_account'] },
        status: 'enabled',
        wanted: ['external_account'],
      },
      {
        what: 'an account that let a date pass',
        state: {
          capabilities: 'inactive',
          payoutsEnabled: false,
          currentlyDue: ['individual.dob.day'],
          pastDue: ['individual.id_number'],
          disabledReason: 'requirements.past_due',
        },
        status: 'restricted',
        wanted: ['individual.id_number', 'individual.dob.day'],
      },
      {
        what: 'an account that Stripe rejected',
        state: { capabilities: 'inactive', disabledReason: 'rejected.terms_of_service' },
        status: 'disabled',
        wanted: [],
      },
    ] as { what: string; state: AccountState; status: string; wanted: string[] }[])
    .run(async ({ assert }, { state, status, wanted }) => {
      const freelancer = await aFreelancer()
      const { destination } = expectData(await add(freelancer), 201)
      sandbox.completeOnboarding(destination)
      await settle()
      sandbox.setAccountState(destination, state)
      await settle()
      const [account] = expectData(await api(freelancer).get(PATH))
      assert.deepInclude(account, { status, requirements: wanted })
    })

  test('money waits while an account is checked, and goes when its transfers are on', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await submittedMilestone({ payable: false })
    const { destination } = expectData(await add(freelancer), 201)
    sandbox.setAccountState(destination, {
      capabilities: 'pending',
      detailsSubmitted: true,
      pendingVerification: ['individual.id_number'],
      disabledReason: 'requirements.pending_verification',
    })
    await settle()
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    await settle()
    const stateOf = async () => expectData(await api(freelancer).get('payments/payouts'))[0].state
    assert.equal(await stateOf(), 'waiting')
    assert.equal(sandbox.effects('transfer'), 0)
    sandbox.setAccountState(destination, { capabilities: 'active', payoutsEnabled: true })
    await settle()
    assert.equal(await stateOf(), 'paid')
    assert.deepEqual(await breaks(), [])
  })

  test('an account that its owner took from us is closed, and its money waits for another', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await submittedMilestone()
    const [gone] = expectData(await api(freelancer).get(PATH))
    sandbox.deauthorize(gone.destination)
    await settle()
    const [closed] = expectData(await api(freelancer).get(PATH))
    assert.equal(closed.status, 'disabled')
    assert.equal(await toldOf('payout_account.disabled', freelancer), 1)
    const link = await api(freelancer).post(`${PATH}/${gone.id}/onboarding-link`, {})
    expectProblem(link, 409, 'wrong_state')

    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    await settle()
    assert.equal(sandbox.effects('transfer'), 0)
    const { id, destination } = await aPayoutAccount(freelancer)
    expectData(await api(freelancer).put(`${PATH}/${id}`, { is_default: true }))
    await settle()
    assert.deepEqual(
      sandbox.transfers.map((transfer) => transfer.destination),
      [destination]
    )
    assert.deepEqual(await breaks(), [])
  })

  test('a rejected account is told of once, however often Stripe says so', async ({ assert }) => {
    const freelancer = await aFreelancer()
    const { destination } = await aPayoutAccount(freelancer)
    sandbox.rejectAccount(destination)
    sandbox.rejectAccount(destination, 'other')
    await settle()
    assert.equal(await toldOf('payout_account.disabled', freelancer), 1)
  })

  test('clients have none', async () => {
    const client = await aClient()
    expectProblem(await add(client), 403, 'freelancers_only')
    expectProblem(await api(client).get(PATH), 403, 'freelancers_only')
    expectProblem(await api().get(PATH), 401)
  })

  test('an unverified freelancer may look but not add', async () => {
    const freelancer = await aFreelancer({ verified: false })
    expectData(await api(freelancer).get(PATH))
    expectProblem(await add(freelancer), 403, 'email_not_verified')
  })

  test('a provider that is not set up here is said to be so', async ({ assert }) => {
    const freelancer = await aFreelancer()
    withSecret('PAYPAL_CLIENT_SECRET', '')
    for (const provider of ['paypal', 'venmo']) {
      const answer = await add(freelancer, { payment_provider: provider })
      const problem = expectProblem(answer, 422, 'provider_unavailable')
      assert.equal(problem.errors[0].field, 'payment_provider')
    }
  })

  test('bad input ({name}) is refused and writes nothing')
    .with([
      { name: 'nothing', body: {} },
      { name: 'an unknown provider', body: { payment_provider: 'cash' } },
      { name: 'a country of three letters', body: { payment_provider: 'stripe', country: 'USA' } },
      { name: 'no country', body: { payment_provider: 'stripe' } },
      { name: 'no such country', body: { payment_provider: 'stripe', country: 'XX' } },
      { name: 'a country of digits', body: { payment_provider: 'stripe', country: '12' } },
      { name: 'a list', body: [] },
      { name: 'a provider in a list', body: { payment_provider: ['stripe'] } },
    ])
    .run(async ({ assert }, { body }) => {
      expectProblem(await add(await aFreelancer(), body), 422)
      assert.isEmpty(await PayoutAccount.all())
      assert.equal(sandbox.effects('account'), 0)
    })

  test('what Stripe refuses leaves no account, and the next try has a new key', async ({
    assert,
  }) => {
    const freelancer = await aFreelancer()
    const stop = await strangeServer((response) =>
      json(response, 400, {
        error: {
          type: 'invalid_request_error',
          code: 'country_unsupported',
          message: 'Not there.',
        },
      })
    )
    const problem = expectProblem(await add(freelancer), 422, 'provider_declined')
    assert.equal(problem.provider_code, 'country_unsupported')
    assert.isEmpty(expectData(await api(freelancer).get(PATH)))
    stop()
    expectData(await add(freelancer), 201)
    assert.lengthOf(await PayoutAccount.all(), 2)
  })

  test('an unknown answer leaves it pending; asking again makes no second account', async ({
    assert,
  }) => {
    const freelancer = await aFreelancer()
    const restore = withSetting('STRIPE_TIMEOUT_MS', 200)
    sandbox.failNext(CREATE, { at: 'after', with: 'timeout' })
    const account = expectData(await add(freelancer), 202)
    assert.deepInclude(account, { status: 'pending', destination: '' })
    restore()
    const again = expectData(await add(freelancer), 201)
    assert.equal(again.id, account.id)
    assert.equal(sandbox.effects('account'), 1)
  })

  test('asking for a link goes on where an unknown answer left off', async ({ assert }) => {
    const freelancer = await aFreelancer()
    sandbox.failNext(CREATE, { at: 'after', with: 500, times: 2 })
    const { id } = expectData(await add(freelancer), 202)
    const path = `${PATH}/${id}/onboarding-link`
    expectProblem(await api(freelancer).post(path, {}), 502, 'provider_no_answer')
    expectData(await api(freelancer).post(path, {}))
    assert.equal(sandbox.effects('account'), 1)
  })

  test('an account that Stripe tells of before its own answer arrived is known by our id', async ({
    assert,
  }) => {
    const freelancer = await aFreelancer()
    sandbox.failNext(CREATE, { at: 'after', with: 500 })
    const { id } = expectData(await add(freelancer), 202)
    const [{ id: destination }] = sandbox.accounts
    sandbox.completeOnboarding(destination)
    await settle()
    const account = await PayoutAccount.findOrFail(id)
    assert.deepInclude(account.serialize(), { destination, status: 'enabled' })
  })

  test('pressed twice at once, it is one account', async ({ assert }) => {
    const freelancer = await aFreelancer()
    const hold = sandbox.hold(CREATE)
    const first = add(freelancer)
    await hold.arrived
    const second = await add(freelancer)
    hold.release()
    assert.equal(expectData(await first, 201).id, expectData(second, 202).id)
    assert.equal(sandbox.effects('account'), 1)
  })

  test('pressed again before its set-up is finished, it is the same account', async ({
    assert,
  }) => {
    const freelancer = await aFreelancer()
    const { id } = expectData(await add(freelancer), 201)
    assert.equal(expectData(await add(freelancer), 201).id, id)
    assert.equal(sandbox.effects('account'), 1)
  })

  test('the first is the default, another can be made it, and one always is', async ({
    assert,
  }) => {
    const freelancer = await aFreelancer()
    const first = expectData(await add(freelancer), 201)
    const second = expectData(await addIn(freelancer, 'DE'), 201)
    assert.isFalse(second.is_default)
    const path = `${PATH}/${second.id}`
    expectProblem(await api(freelancer).put(path, { is_default: false }), 422)
    assert.isTrue(expectData(await api(freelancer).put(path, { is_default: true })).is_default)
    expectData(await api(freelancer).put(path, { is_default: true }))
    const defaults = async () =>
      expectData(await api(freelancer).get(PATH))
        .filter((each: any) => each.is_default)
        .map((each: any) => each.id)
    assert.deepEqual(await defaults(), [second.id])
    assert.equal((await api(freelancer).delete(path)).status, 204)
    assert.deepEqual(await defaults(), [first.id])
    expectProblem(await api(freelancer).put(path, { is_default: true }), 404)
  })

  test('there is an end to adding accounts', async ({ assert }) => {
    const freelancer = await aFreelancer()
    for (const country of ['US', 'CA', 'DE', 'FR', 'GB']) {
      expectData(await addIn(freelancer, country), 201)
    }
    expectProblem(await addIn(freelancer, 'NL'), 409, 'too_many_payout_accounts')
    assert.equal(sandbox.effects('account'), 5)
  })

  test('one that a payout is under way to is not removed', async ({ assert }) => {
    const freelancer = await aFreelancer()
    const { id } = expectData(await add(freelancer), 201)
    await payoutTo(id, freelancer, 'in_transit')
    expectProblem(await api(freelancer).delete(`${PATH}/${id}`), 409, 'payout_in_transit')
    await db.from('payouts').update({ state: 'paid' })
    assert.equal((await api(freelancer).delete(`${PATH}/${id}`)).status, 204)
    assert.isNotNull((await PayoutAccount.findOrFail(id)).deletedAt)
  })

  test("another's, or one that is no id, is not found", async () => {
    const { id } = expectData(await add(await aFreelancer()), 201)
    const other = await aFreelancer()
    for (const unknown of [id, randomUUID(), 'not-an-id', '%00']) {
      const path = `${PATH}/${unknown}`
      expectProblem(await api(other).put(path, { is_default: true }), 404)
      expectProblem(await api(other).delete(path), 404)
      expectProblem(await api(other).post(`${path}/onboarding-link`, {}), 404)
    }
  })

  test('links lead to web pages only', async () => {
    const freelancer = await aFreelancer()
    const { id } = expectData(await add(freelancer), 201)
    for (const url of ['javascript:alert(1)', 'ftp://x.example', 'no url', 7]) {
      const path = `${PATH}/${id}/onboarding-link`
      expectProblem(await api(freelancer).post(path, { return_url: url }), 422)
    }
  })

  test('a recipient that is none of ours changes nothing', async ({ assert }) => {
    const { id } = expectData(await add(await aFreelancer()), 201)
    const stranger = { destination: 'acct_other', payoutAccountId: id, requirements: [] }
    assert.isFalse(
      await observeRecipient('stripe', async () => ({ ...stranger, status: 'enabled' }))
    )
    assert.equal((await PayoutAccount.findOrFail(id)).status, 'pending')
  })

  test('a slow answer from before does not overwrite a newer one', async ({ assert }) => {
    const { id, destination } = expectData(await add(await aFreelancer()), 201)
    await settle()
    sandbox.webhookMode({ paused: true })
    const look = () => observeRecipient('stripe', () => stripe.getRecipient(destination))
    const hold = sandbox.hold('GET /v1/accounts/{account}')
    const slow = look()
    await hold.arrived
    sandbox.completeOnboarding(destination)
    await look()
    hold.release()
    assert.isTrue(await slow)
    assert.equal((await PayoutAccount.findOrFail(id)).status, 'enabled')
  })

  test('one that is recorded anew during every look is looked at later again', async ({
    assert,
  }) => {
    const { destination } = expectData(await add(await aFreelancer()), 201)
    await settle()
    const get = () => stripe.getRecipient(destination)
    const failure = await failureOf(
      observeRecipient('stripe', async () => {
        const state = await get()
        await observeRecipient('stripe', get)
        return state
      })
    )
    assert.equal(failure.kind, 'retry')
  })

  test("the provider's id arriving twice at once is recorded once, the newest state wins", async ({
    assert,
  }) => {
    const freelancer = await aFreelancer()
    sandbox.failNext(CREATE, { at: 'after', with: 500 })
    sandbox.webhookMode({ paused: true })
    const { id } = expectData(await add(freelancer), 202)
    const [{ id: destination }] = sandbox.accounts
    sandbox.completeOnboarding(destination)
    const look = () => observeRecipient('stripe', () => stripe.getRecipient(destination))
    assert.deepEqual(await Promise.all([look(), look(), look()]), [true, true, true])
    const account = await PayoutAccount.findOrFail(id)
    assert.deepInclude(account.serialize(), { destination, status: 'enabled' })
    const kinds = await db
      .from('notifications')
      .where('user_id', freelancer.id)
      .orderBy('seq')
      .select('kind')
    assert.deepEqual(kinds, [{ kind: 'payout_account.added' }, { kind: 'payout_account.enabled' }])
  })

  test('an account that was made although the key only replays an error is found', async ({
    assert,
  }) => {
    const freelancer = await aFreelancer()
    sandbox.webhookMode({ paused: true })
    sandbox.failNext(CREATE, { at: 'after', with: 500, replay500: true })
    const { id } = expectData(await add(freelancer), 202)
    const again = expectData(await add(freelancer), 201)
    assert.deepInclude(again, { id, destination: sandbox.accounts[0].id })
    assert.equal(sandbox.effects('account'), 1)
  })

  test('a key that only replays an error gives way to a new one, after two look-ups', async ({
    assert,
  }) => {
    const freelancer = await aFreelancer()
    sandbox.failNext(CREATE, { at: 'before', with: 500, replay500: true })
    const { id } = expectData(await add(freelancer), 202)
    for (let press = 0; press < 4; press++) expectData(await add(freelancer), 202)
    assert.lengthOf(new Set(creations()), 1, 'however often it is pressed meanwhile')
    assert.lengthOf(creations(), 2, 'the first send, and the one that showed the key to be spent')
    await tenMinutesLater(id)
    expectData(await add(freelancer), 202)
    await tenMinutesLater(id)
    const pressed = await Promise.all([add(freelancer), add(freelancer)])
    assert.include(
      pressed.map(({ status }) => status),
      201
    )
    assert.lengthOf(new Set(creations()), 2)
    assert.equal(sandbox.effects('account'), 1)
    const account = await PayoutAccount.findOrFail(id)
    assert.equal(account.destination, sandbox.accounts[0].id)
  })

  test('an account that comes to light between the look-ups is taken', async ({ assert }) => {
    const freelancer = await aFreelancer()
    sandbox.webhookMode({ paused: true })
    const stop = await strangeServer((response) =>
      json(response, 500, { error: { type: 'api_error', message: 'Again.' } }, REPLAYED)
    )
    const { id } = expectData(await add(freelancer), 202)
    stop()
    const { destination } = await stripe.onboardRecipient({
      key: 'whatever made it',
      payoutAccountId: id,
      email: freelancer.email,
      country: 'US',
    })
    const again = expectData(await add(freelancer), 201)
    assert.deepInclude(again, { id, destination })
    assert.equal(sandbox.effects('account'), 1)
  })

  test('an account without an answer comes to its end without anybody', async ({ assert }) => {
    const freelancer = await aFreelancer()
    await db.transaction((trx) => changeSetting(trx, 'unknown_lookup_interval_seconds', 0, 'test'))
    sandbox.failNext(CREATE, { at: 'before', with: 500, replay500: true })
    const { id } = expectData(await add(freelancer), 202)
    for (let run = 0; run < 4; run++) await refreshRecipients.handle({}, loud)
    const account = await PayoutAccount.findOrFail(id)
    assert.equal(account.destination, sandbox.accounts[0].id)
    assert.equal(sandbox.effects('account'), 1)
    const asked = sandbox.requestLog.length
    await refreshRecipients.handle({}, loud)
    assert.equal(sandbox.requestLog.length, asked)
  })

  test('one that is refused at last is gone, and its owner is told why', async ({ assert }) => {
    const freelancer = await aFreelancer()
    await db.transaction((trx) => changeSetting(trx, 'unknown_lookup_interval_seconds', 0, 'test'))
    sandbox.failNext(CREATE, { at: 'before', with: 500 })
    expectData(await add(freelancer), 202)
    await strangeServer((response) =>
      json(response, 400, {
        error: {
          type: 'invalid_request_error',
          code: 'country_unsupported',
          message: 'Not there.',
        },
      })
    )
    await refreshRecipients.handle({}, loud)
    assert.isEmpty(expectData(await api(freelancer).get(PATH)))
    const [notice] = expectData(await api(freelancer).get('notifications'))
    assert.equal(notice.kind, 'payout_account.refused')
    assert.equal(notice.data.reason, 'Not there.')
  })

  test('a repeated creation tells how the account is now, not how it was made', async ({
    assert,
  }) => {
    const freelancer = await aFreelancer()
    sandbox.webhookMode({ paused: true })
    sandbox.failNext(CREATE, { at: 'after', with: 500 })
    expectData(await add(freelancer), 202)
    sandbox.completeOnboarding(sandbox.accounts[0].id)
    const again = expectData(await add(freelancer), 201)
    assert.equal(again.status, 'enabled')
    assert.equal(sandbox.effects('account'), 1)
  })

  test('going on after the key has expired finds the account that was made', async ({ assert }) => {
    const freelancer = await aFreelancer()
    sandbox.webhookMode({ paused: true })
    sandbox.failNext(CREATE, { at: 'after', with: 500 })
    const { id } = expectData(await add(freelancer), 202)
    await aDayLater(id)
    expectData(await api(freelancer).post(`${PATH}/${id}/onboarding-link`, {}))
    assert.equal(sandbox.effects('account'), 1)
    const account = await PayoutAccount.findOrFail(id)
    assert.equal(account.destination, sandbox.accounts[0].id)
  })

  test('going on after the key has expired makes the account if there is none', async ({
    assert,
  }) => {
    const freelancer = await aFreelancer()
    expectData(await add(await aFreelancer()), 201)
    sandbox.failNext(CREATE, { at: 'before', with: 500 })
    const { id } = expectData(await add(freelancer), 202)
    await aDayLater(id)
    const again = expectData(
      await add(freelancer, { payment_provider: 'stripe', country: 'DE' }),
      201
    )
    assert.deepInclude(again, { id, country: 'US' }, 'resumed as it was first asked for')
    assert.equal(sandbox.effects('account'), 2)
  })
})

/** The keys under which accounts were asked for, oldest first. */
function creations(): string[] {
  return sandbox.requestLog
    .filter(({ method, path }) => method === 'POST' && path === '/v1/accounts')
    .map(({ idempotencyKey }) => idempotencyKey!)
}

async function toldOf(kind: string, user: User): Promise<number> {
  const rows = await db.from('notifications').where({ user_id: user.id, kind }).select('id')
  return rows.length
}

/** As if the last look-up had been so long ago that the next one counts. */
async function tenMinutesLater(id: string): Promise<void> {
  await db
    .from('payout_accounts')
    .where('id', id)
    .update({ last_lookup_at: db.raw(`last_lookup_at - interval '10 minutes'`) })
}

/** As if the account's creation had been asked for yesterday, and its key had run out. */
async function aDayLater(id: string): Promise<void> {
  sandbox.advance(25 * 3_600_000)
  await db
    .from('payout_accounts')
    .where('id', id)
    .update({
      created_at: db.raw(`created_at - interval '25 hours'`),
      attempted_at: db.raw(`attempted_at - interval '25 hours'`),
    })
}

/** The row of a payout, without the story that leads to one. */
async function payoutTo(accountId: string, user: User, state: string): Promise<void> {
  await db.transaction(async (trx) => {
    await trx.rawQuery('SET LOCAL session_replication_role = replica')
    await trx.table('payouts').insert({
      transaction_id: randomUUID(),
      release_id: randomUUID(),
      user_id: user.id,
      payout_account_id: accountId,
      state,
    })
  })
}

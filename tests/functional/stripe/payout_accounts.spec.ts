import { test } from '@japa/runner'
import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import PayoutAccount from '#models/payout_account'
import type User from '#models/user'
import { observeRecipient } from '#payments/recipients'
import { stripe } from '#payments/stripe/index'
import { api, expectData, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { sandbox } from '#tests/support/sandbox'
import { aClient, aFreelancer } from '#tests/support/users'
import { failureOf, json, strangeServer, withSetting } from './helpers.js'

const PATH = 'payments/payout-accounts'
const CREATE = 'POST /v1/accounts'
const add = (user: User, body: object = { payment_provider: 'stripe' }) =>
  api(user).post(PATH, body)

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
    const kinds = await db.from('notifications').where('user_id', freelancer.id).select('kind')
    assert.deepEqual(kinds, [{ kind: 'payout_account.enabled' }])
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

  test('a provider that is not offered yet is said to be so', async ({ assert }) => {
    const freelancer = await aFreelancer()
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

  test('the first is the default, another can be made it, and one always is', async ({
    assert,
  }) => {
    const freelancer = await aFreelancer()
    const first = expectData(await add(freelancer), 201)
    const second = expectData(await add(freelancer), 201)
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
    for (let i = 0; i < 5; i++) expectData(await add(freelancer), 201)
    expectProblem(await add(freelancer), 409, 'too_many_payout_accounts')
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
    const kinds = await db.from('notifications').where('user_id', freelancer.id).select('kind')
    assert.deepEqual(kinds, [{ kind: 'payout_account.enabled' }])
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
    const { id } = expectData(await add(freelancer, { payment_provider: 'stripe' }), 202)
    await aDayLater(id)
    const again = expectData(
      await add(freelancer, { payment_provider: 'stripe', country: 'DE' }),
      201
    )
    assert.deepInclude(again, { id, country: 'US' }, 'resumed as it was first asked for')
    assert.equal(sandbox.effects('account'), 2)
  })
})

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

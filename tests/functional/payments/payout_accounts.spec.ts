import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import type User from '#models/user'
import refreshRecipients from '#jobs/refresh_recipients'
import { accounts } from '#ledger/chart_of_accounts'
import { json, strangeServer } from '#tests/functional/stripe/helpers'
import { api, expectData, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { drain, settle } from '#tests/support/jobs'
import { emptyMailboxes, mailsTo } from '#tests/support/mailbox'
import { aFreelancer } from '#tests/support/users'
import { breaks, held } from '#tests/support/ledger'
import { aPayoutAccount, pay, submittedMilestone } from '#tests/support/projects'
import { sandbox } from '#tests/support/sandbox'

const PATH = 'payments/payout-accounts'
const context = {
  logger: {
    error: ({ err }: { err: Error }) => {
      throw err
    },
  },
} as any

const stateOf = async (freelancer: User) =>
  expectData(await api(freelancer).get('payments/payouts'))[0].state

const told = async (freelancer: User, kind: string) =>
  expectData(await api(freelancer).get('notifications', { query: { limit: 100 } })).filter(
    (each: any) => each.kind === kind
  )

/** A released milestone whose payout Stripe has definitely refused, and an account besides the default. */
async function refusedPayout() {
  const found = await submittedMilestone()
  const other = await aPayoutAccount(found.freelancer)
  const back = await strangeServer((response) =>
    json(response, 400, {
      error: { type: 'invalid_request_error', code: 'refused', message: 'Not to this account.' },
    })
  )
  expectData(await pay(found.client, `milestones/${found.milestone.id}/approve`), 201)
  await drain()
  back()
  return { ...found, other }
}

test.group('Payouts and the accounts that they go to', (group) => {
  group.each.setup(() => resetAll())

  test('a refused payout is tried again when its account is made the default once more', async ({
    assert,
  }) => {
    const { freelancer } = await refusedPayout()
    assert.equal(await stateOf(freelancer), 'failed')
    const [{ id }] = expectData(await api(freelancer).get(PATH))
    expectData(await api(freelancer).put(`${PATH}/${id}`, { is_default: true }))
    await settle()
    assert.equal(await stateOf(freelancer), 'paid')
    assert.equal(sandbox.transfers.length, 1)
    assert.equal(await held(accounts.payable(freelancer.id)), '0.00')
    assert.deepEqual(await breaks(), [])
  })

  test('a refused payout goes to the account that is left when its own is removed', async ({
    assert,
  }) => {
    const { freelancer, other } = await refusedPayout()
    const [{ id }] = expectData(await api(freelancer).get(PATH))
    assert.equal(await stateOf(freelancer), 'failed')
    assert.equal((await api(freelancer).delete(`${PATH}/${id}`)).status, 204)
    await settle()
    assert.equal(await stateOf(freelancer), 'paid')
    assert.deepEqual(
      sandbox.transfers.map(({ destination }) => destination),
      [other.destination]
    )
    assert.deepEqual(await breaks(), [])
  })

  test('where money goes is changed by who has signed in just now, and not by a stolen token', async ({
    assert,
  }) => {
    const freelancer = await aFreelancer()
    const add = { payment_provider: 'stripe', country: 'DE' }
    const { id } = expectData(await api(freelancer).post(PATH, add), 201)
    const sessions = db.from('sessions').where('user_id', freelancer.id)
    await sessions.clone().update({ created_at: db.raw("now() - interval '11 minutes'") })
    const stale = [
      await api(freelancer).post(PATH, add),
      await api(freelancer).put(`${PATH}/${id}`, { is_default: true }),
      await api(freelancer).delete(`${PATH}/${id}`),
      await api(freelancer).post(`${PATH}/${id}/onboarding-link`, {}),
    ]
    for (const answer of stale) expectProblem(answer, 403, 'sign_in_again')
    assert.lengthOf(expectData(await api(freelancer).get(PATH)), 1)
    await sessions.clone().update({ created_at: db.raw('now()') })
    assert.equal((await api(freelancer).post(`${PATH}/${id}/onboarding-link`, {})).status, 200)
    assert.equal((await api(freelancer).delete(`${PATH}/${id}`)).status, 204)
  })

  test('its owner is mailed at once of whatever changes where money goes, whoever does it', async ({
    assert,
  }) => {
    const freelancer = await aFreelancer()
    await emptyMailboxes()
    const no = { email: false }
    const off = { work: no, money: no, messages: no, account: no }
    expectData(await api(freelancer).put('users/notification-preferences', off))
    const mails = async () => {
      await drain()
      const sent = await mailsTo(freelancer.email)
      await emptyMailboxes()
      return sent
        .map(
          ({ subject, text }) =>
            `${subject} / ${text.split('\n').find((l) => /payouts? |paid/.test(l))}`
        )
        .toSorted()
    }
    const add = async (body: object) => expectData(await api(freelancer).post(PATH, body), 201)
    const stripe = await add({ payment_provider: 'stripe', country: 'DE' })
    assert.deepEqual(await mails(), [
      'Payout account added / Your Stripe account (DE) was added to where you can be paid, and your payouts go there as soon as it is set up. If that was not you, remove it and change your password.',
    ])
    sandbox.completeOnboarding(stripe.destination)
    const paypal = await add({ payment_provider: 'paypal', destination: 'thief@example.com' })
    assert.deepEqual(await mails(), [
      'Payout account added / Your PayPal account thief@example.com was added to where you can be paid. If that was not you, remove it and change your password.',
    ])
    assert.equal((await api(freelancer).delete(`${PATH}/${stripe.id}`)).status, 204)
    assert.deepEqual(await mails(), [
      'Payout account removed / Your Stripe account (DE) was removed from where you can be paid. If that was not you, add it again and change your password.',
      'Payouts go elsewhere from now on / Your payouts go to your PayPal account thief@example.com from now on. If that was not you, change it back and change your password.',
    ])
    assert.equal((await api(freelancer).delete(`${PATH}/${paypal.id}`)).status, 204)
    assert.deepEqual(await mails(), [
      'Payout account removed / Your PayPal account thief@example.com was removed from where you can be paid. Your payouts wait until you add another. If that was not you, add it again and change your password.',
    ])
    assert.notInclude(
      JSON.stringify(await db.from('notifications').select('title', 'body')),
      'acct_'
    )
  })

  test('money does not wait for ever for a webhook that was lost', async ({ assert }) => {
    const { client, freelancer, milestone } = await submittedMilestone({ payable: false })
    const account = expectData(
      await api(freelancer).post(PATH, { payment_provider: 'stripe', country: 'US' }),
      201
    )
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    await settle()
    sandbox.webhookMode({ paused: true })
    sandbox.completeOnboarding(account.destination)
    await drain()
    assert.equal(await stateOf(freelancer), 'waiting')
    await refreshRecipients.handle({}, context)
    await drain()
    assert.equal(await stateOf(freelancer), 'paid')
    assert.lengthOf(await told(freelancer, 'payout_account.enabled'), 1)
  })

  test('accounts that no money waits for are not asked about', async ({ assert }) => {
    const { freelancer } = await submittedMilestone({ payable: false })
    expectData(await api(freelancer).post(PATH, { payment_provider: 'stripe', country: 'US' }), 201)
    await settle()
    const before = sandbox.requestLog.length
    await refreshRecipients.handle({}, context)
    assert.equal(sandbox.requestLog.length, before)
  })

  test('a failed payout from there to the bank is told once, and moves no money of ours', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await submittedMilestone()
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    await settle()
    const [account] = sandbox.accounts
    const entries = () => db.from('journal_entries').count('* as n').first()
    const before = await entries()
    const payout = sandbox.payAutomatically(account.id)
    await settle()
    assert.isEmpty(await told(freelancer, 'payout_account.bank_payout_failed'))

    sandbox.failPayout(payout)
    await settle()
    for (const event of sandbox.events.filter(({ type }) => type.startsWith('payout.'))) {
      await db.from('inbox_events').where('event_id', event.id).delete()
      await sandbox.deliver(event, { times: 3 })
    }
    await settle()
    const [notice, ...more] = await told(freelancer, 'payout_account.bank_payout_failed')
    assert.isEmpty(more)
    assert.deepInclude(notice.data, {
      bank_payout_id: payout,
      amount: '900.00',
      currency: 'USD',
      reason: 'The bank account has been closed.',
    })
    const shown = async () => expectData(await api(freelancer).get(PATH))[0].last_bank_payout
    assert.deepInclude(await shown(), { id: payout, state: 'failed', amount: '900.00' })
    sandbox.advance(1000)
    const next = sandbox.payAutomatically(account.id)
    sandbox.advance(3 * 86_400_000)
    await settle()
    assert.deepInclude(await shown(), { id: next, state: 'paid', reason: '' })
    const old = sandbox.events.find(({ type }) => type === 'payout.failed')!
    await db.from('inbox_events').where('event_id', old.id).delete()
    await sandbox.deliver(old)
    await settle()
    assert.equal((await shown()).id, next, 'old news changes nothing')
    assert.deepEqual(await entries(), before)
    assert.equal(sandbox.transfers.length, 1)
    assert.deepEqual(await breaks(), [])
  })

  test('two that fail are told of twice', async ({ assert }) => {
    const { client, freelancer, milestone } = await submittedMilestone()
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    await settle()
    for (let i = 0; i < 2; i++) {
      sandbox.failPayout(sandbox.payAutomatically(sandbox.accounts[0].id))
      await settle()
    }
    assert.lengthOf(await told(freelancer, 'payout_account.bank_payout_failed'), 2)
  })

  test('no charge can be recorded for two deposits', async ({ assert }) => {
    await submittedMilestone()
    const copy = db.rawQuery(
      `WITH twin AS (
         INSERT INTO transactions (escrow_account_id, user_id, transaction_type, payment_provider, rail, amount, currency)
         SELECT escrow_account_id, user_id, transaction_type, payment_provider, rail, amount, currency
           FROM transactions WHERE transaction_type = 'deposit' RETURNING id)
       INSERT INTO deposits (transaction_id, method, charge_id, expires_at)
       SELECT twin.id, method, charge_id, expires_at FROM twin, deposits`
    )
    await assert.rejects(() => copy, /deposits_charge/)
  })
})

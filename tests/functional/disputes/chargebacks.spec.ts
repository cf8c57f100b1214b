import { test } from '@japa/runner'
import { accounts } from '#ledger/chart_of_accounts'
import { decideSilentDisputes } from '#escrow/disputes/decide_silent_disputes'
import { api, expectData, expectProblem } from '#tests/support/api'
import { settle } from '#tests/support/jobs'
import { held } from '#tests/support/ledger'
import { fundedMilestone, fundedProject, pay, submittedMilestone } from '#tests/support/projects'
import { decided, disagreements, disputed, freshStart } from '../payments/chargebacks.js'
import { answer, because, daysGoBy, historyOf, offer, openDispute, shown } from './parties.js'

/**
 * The payer's bank and the parties at once. What is held cannot be divided while the bank may take it: the
 * parties may talk, and nothing is settled until the bank has decided.
 */
test.group('Disputes | the payer’s bank', (group) => {
  group.each.setup(() => freshStart())

  test('while a chargeback freezes the payment no dispute is opened; afterwards it is', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const chargeback = await disputed()
    for (const by of [client, freelancer]) {
      expectProblem(
        await api(by).post(`milestones/${milestone.id}/disputes`, because()),
        409,
        'frozen'
      )
    }
    await decided(chargeback, 'won')
    assert.equal((await openDispute(client, milestone)).status, 'open')
    assert.deepEqual(await disagreements(), [])
  })

  test('a chargeback during a dispute: the parties talk, settling waits for the bank, nothing is lost', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await fundedMilestone({ amount: '100.00' })
    const dispute = await openDispute(client, milestone)
    await answer(freelancer, dispute)
    const offered = await offer(client, dispute, '60.00')
    const chargeback = await disputed()
    expectProblem(await pay(freelancer, `offers/${offered.id}/accept`), 409, 'frozen')
    expectData(await pay(client, `disputes/${dispute.id}/equal-split`))
    expectProblem(await pay(freelancer, `disputes/${dispute.id}/equal-split`), 409, 'frozen')
    const waiting = await shown(client, dispute)
    assert.equal(waiting.status, 'negotiating')
    assert.equal(waiting.offers[0].status, 'open')
    assert.isFalse(waiting.respondent_splits)
    expectData(await api(freelancer).post(`disputes/${dispute.id}/messages`, { body: 'Hm.' }), 201)

    await decided(chargeback, 'won')
    expectData(await pay(freelancer, `offers/${offered.id}/accept`))
    await settle()
    assert.equal(await held(accounts.escrow(milestone.id)), '0.00')
    assert.deepEqual(await disagreements(), [])
  })

  test('a deadline that passes meanwhile decides once the bank has', async ({ assert }) => {
    const { client, milestone } = await fundedMilestone()
    const dispute = await openDispute(client, milestone, '400.00')
    const chargeback = await disputed()
    await daysGoBy(dispute, 6)
    assert.deepEqual(await decideSilentDisputes(), { settled: 0, escalated: 0 })
    await decided(chargeback, 'won')
    assert.deepEqual(await decideSilentDisputes(), { settled: 1, escalated: 0 })
    await settle()
    assert.equal((await shown(client, dispute)).settlement.to_client, '400.00')
    assert.deepEqual(await disagreements(), [])
  })

  test('a lost one that takes everything ends the dispute and its offer', async ({ assert }) => {
    const { client, freelancer, project, milestone } = await fundedMilestone()
    const dispute = await openDispute(client, milestone)
    await answer(freelancer, dispute)
    const offered = await offer(freelancer, dispute, '600.00')
    await decided(await disputed(), 'lost')
    const now = await shown(client, dispute)
    assert.equal(now.status, 'withdrawn')
    assert.isNull(now.settlement)
    assert.equal(now.offers[0].status, 'expired')
    assert.equal((await historyOf(dispute)).at(-1), 'dispute.withdrawn')
    expectProblem(await pay(client, `offers/${offered.id}/accept`), 409, 'wrong_state')
    assert.notEqual(expectData(await api(client).get(`projects/${project.id}`)).status, 'disputed')
    assert.deepEqual(await disagreements(), [])
  })

  test('a lost one that takes a part: an older offer is outdated, a missing answer gets what is there', async ({
    assert,
  }) => {
    const { client, freelancer, milestones } = await fundedProject({
      amounts: ['100.00', '200.00'],
    })
    const first = await openDispute(client, milestones[1], '200.00')
    const offered = await offer(client, first, '150.00')
    await decided(await disputed({ amount: 15_000 }), 'lost')
    assert.equal((await shown(client, first)).held, '150.00')
    expectProblem(await pay(freelancer, `offers/${offered.id}/accept`), 409, 'offer_outdated')
    await daysGoBy(first, 6)
    await decideSilentDisputes()
    await settle()
    assert.containsSubset(await shown(client, first), {
      settlement: { how: 'no_answer', to_freelancer: '0.00', to_client: '150.00' },
    })
    assert.deepEqual(await disagreements(), [])
  })

  test('withdrawn meanwhile, the clock waits for the bank and then goes on', async ({ assert }) => {
    const { client, milestone } = await submittedMilestone()
    const dispute = await openDispute(client, milestone)
    const chargeback = await disputed()
    expectData(await api(client).post(`disputes/${dispute.id}/withdraw`))
    const clock = async () =>
      expectData(await api(client).get(`milestones/${milestone.id}`)).auto_approve_at
    assert.isNull(await clock())
    await decided(chargeback, 'won')
    assert.isNotNull(await clock())
  })

  test('accepting and the news of a chargeback at once: settled or frozen, never both lost', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const dispute = await openDispute(client, milestone)
    const offered = await offer(client, dispute, '600.00')
    const [accepted] = await Promise.all([
      pay(freelancer, `offers/${offered.id}/accept`),
      disputed(),
    ])
    assert.include([200, 409], accepted.status)
    await settle()
    const left = await held(accounts.escrow(milestone.id))
    assert.equal(left, accepted.status === 200 ? '0.00' : '1000.00')
    assert.deepEqual(await disagreements(), [])
  })
})

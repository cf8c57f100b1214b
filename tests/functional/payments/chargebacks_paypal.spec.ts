import { test } from '@japa/runner'
import { accounts } from '#ledger/chart_of_accounts'
import { clawBack } from '#escrow/chargebacks/claw_back'
import { submitChargebackEvidence } from '#escrow/chargebacks/submit_evidence'
import { syncDisputes } from '#escrow/chargebacks/sync_disputes'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { breaks, held } from '#tests/support/ledger'
import { OPERATOR } from '#tests/support/operator'
import { fundedProject, submit, type Case } from '#tests/support/projects'
import { clearingDifference } from '#tests/support/rails'
import { paypalSandbox } from '#tests/support/sandbox'
import { chargebacks, debtOf, lossOf, milestoneNow, projectNow, releaseOf } from './chargebacks.js'

let float = ''

/** No break, and our books have what PayPal has, beside its opening float. */
async function disagreements(): Promise<string[]> {
  const found = await breaks()
  const difference = await clearingDifference('paypal')
  if (difference !== float) found.push(`clearing differs by ${difference}, not ${float}`)
  return found
}

const funded = (provider: 'paypal' | 'venmo', amounts = ['1000.00']): Promise<Case> =>
  fundedProject({ provider, amounts })

async function disputed(wanted: Parameters<typeof paypalSandbox.openDispute>[1] = {}) {
  const id = paypalSandbox.openDispute(paypalSandbox.all('capture')[0].id, wanted)
  await settle()
  return id
}

async function resolved(
  dispute: string,
  resolution: Parameters<typeof paypalSandbox.resolveDispute>[1]
) {
  paypalSandbox.resolveDispute(dispute, resolution)
  await settle()
}

for (const provider of ['paypal', 'venmo'] as const) {
  test.group(`A dispute of a payment by ${provider}`, (group) => {
    group.each.setup(async () => {
      await resetAll()
      float = await clearingDifference('paypal')
    })

    test('freezes, and takes what is held when it is lost', async ({ assert }) => {
      const found = await funded(provider, ['600.00', '400.00'])
      const dispute = await disputed({ amount: 70_000 })
      assert.isTrue((await milestoneNow(found, 0)).frozen)
      const [row] = await chargebacks()
      assert.equal(row.rail, 'paypal')
      assert.equal(await held(accounts.chargebackReceivable(row.id)), '700.00')
      assert.equal(await held(accounts.disputeFee()), '20.00')
      assert.deepEqual(await disagreements(), [])
      await resolved(dispute, 'buyer')
      assert.equal((await milestoneNow(found, 0)).closed_reason, 'charged_back')
      assert.equal(await held(accounts.escrow(found.milestones[1].id)), '300.00')
      assert.equal((await projectNow(found)).status, 'active')
      assert.deepEqual(await disagreements(), [])
    })

    test('makes a debt after the release, which no rail takes back, and which ends when it is won', async ({
      assert,
    }) => {
      const found = await funded(provider)
      await releaseOf(found, 0)
      await settle()
      const dispute = await disputed()
      await resolved(dispute, 'buyer')
      assert.equal(await debtOf(found), '900.00')
      const [{ id }] = await chargebacks()
      const [row] = await clawBack(id, {}, OPERATOR)
      assert.deepEqual([row.state, row.failureCode], ['failed', 'not_supported'])
      const next = await fundedProject({
        client: found.client,
        freelancer: found.freelancer,
        provider,
        amounts: ['500.00'],
        payable: false,
      })
      await releaseOf(next, 0)
      await settle()
      assert.equal(await debtOf(found), '450.00')
      assert.deepEqual(await disagreements(), [])

      await resolved(dispute, 'seller')
      assert.equal(await debtOf(found), '0.00')
      assert.equal(await held(accounts.payable(found.freelancer.id)), '0.00')
      assert.equal(await held(accounts.chargebackReceivable(id)), '0.00')
      assert.deepEqual(await disagreements(), [])
    })

    test('that is an inquiry moves nothing until it is escalated, and nothing stays when it is withdrawn', async ({
      assert,
    }) => {
      const found = await funded(provider)
      await submit(found.freelancer, found.milestone)
      const dispute = await disputed({ stage: 'INQUIRY' })
      const [{ id }] = await chargebacks()
      assert.isTrue((await milestoneNow(found)).frozen)
      assert.equal(await held(accounts.chargebackReceivable(id)), '0.00')
      paypalSandbox.escalateDispute(dispute)
      await settle()
      assert.equal(await held(accounts.chargebackReceivable(id)), '1000.00')
      await resolved(dispute, 'cancelled')
      assert.equal(await held(accounts.chargebackReceivable(id)), '0.00')
      const shown = await milestoneNow(found)
      assert.isFalse(shown.frozen)
      assert.isNotNull(shown.auto_approve_at)
      assert.equal(await lossOf(), '0.00')
      assert.deepEqual(await disagreements(), [])
    })

    test('is answered with what we hold, and found when its events never came', async ({
      assert,
    }) => {
      const found = await funded(provider)
      await submit(found.freelancer, found.milestone)
      paypalSandbox.webhookMode({ paused: true })
      paypalSandbox.openDispute(paypalSandbox.all('capture')[0].id)
      assert.equal(await syncDisputes(), 1)
      const [{ id, state }] = await chargebacks()
      assert.equal(state, 'needs_response')
      assert.equal(await submitChargebackEvidence(id), 'submitted')
      assert.equal(await submitChargebackEvidence(id), 'submitted')
      const [after] = await chargebacks()
      assert.isNotNull(after.evidence_submitted_at)
      paypalSandbox.webhookMode({})
      await settle()
      assert.deepEqual(await disagreements(), [])
    })
  })
}

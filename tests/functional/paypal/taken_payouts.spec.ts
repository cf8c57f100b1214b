import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import { Money } from '#ledger/money'
import { explainClearing } from '#escrow/explain_clearing'
import { recordTreasury } from '#escrow/record_treasury'
import { expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { breaks } from '#tests/support/ledger'
import { OPERATOR } from '#tests/support/operator'
import { pay, submittedMilestone } from '#tests/support/projects'
import { paypalSandbox } from '#tests/support/sandbox'
import { aFreelancer } from '#tests/support/users'

/** So much is at PayPal, and our books know of it. */
async function balanceOf(amount: Money): Promise<void> {
  paypalSandbox.withdraw(paypalSandbox.available() - Number(amount.minor))
  await inTransaction((trx) =>
    recordTreasury(
      trx,
      { kind: 'opening_float', rail: 'paypal', amount, reference: 'float' },
      OPERATOR
    )
  )
}

/** A release that is paid out from the balance at PayPal, not from its own deposit. */
async function released(amount: string, options: { claimed?: boolean } = {}) {
  const freelancer = await aFreelancer()
  if (options.claimed === false) paypalSandbox.withoutAccount(freelancer.email)
  const work = { amount, freelancer, provider: 'stripe', payoutProvider: 'paypal' } as const
  const { client, milestone } = await submittedMilestone(work)
  expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
  await settle()
}

const states = async () => {
  const rows = await db
    .from('payouts')
    .join('transactions', 'transactions.id', 'payouts.transaction_id')
    .select('amount', 'state')
  return Object.fromEntries(rows.map(({ amount, state }) => [Number(amount), state]))
}

test.group('What PayPal has taken for a payout whose outcome is open', (group) => {
  group.each.setup(resetAll)

  test('counts once: of 1,000.00 with 360.00 unclaimed, the rest is free for others', async ({
    assert,
  }) => {
    await balanceOf(Money.parse('1000.00', 'USD'))
    await released('400.00', { claimed: false })
    await released('700.00')
    await released('50.00')
    // 9.50 are left, after a fee of 0.25 for each.
    assert.deepEqual(await states(), { 36_000: 'in_transit', 63_000: 'paid', 4_500: 'waiting' })
    assert.equal(paypalSandbox.available(), 950)
    assert.deepEqual(await breaks(), [])
  })

  test('is explained, with its fee, where our books are compared with the balance', async ({
    assert,
  }) => {
    await balanceOf(Money.parse('1000.00', 'USD'))
    await released('400.00', { claimed: false })
    const checks = await explainClearing()
    const check = checks.find(({ rail }) => rail === 'paypal')!
    assert.equal(check.verdict, 'explained')
    assert.deepEqual(
      check.explained.map(({ amount, reason }) => `${amount} ${reason}`),
      ['-360.25 USD taken from the balance while its outcome is open']
    )
    assert.equal(check.reserved.toString(), '0.00 USD')

    paypalSandbox.setPayoutItem(paypalSandbox.payoutItems[0].payout_item_id, 'SUCCESS')
    await settle()
    const after = await explainClearing()
    assert.equal(after.find(({ rail }) => rail === 'paypal')!.verdict, 'agrees')
  })
})

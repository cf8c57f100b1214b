import db from '@adonisjs/lucid/services/db'
import type User from '#models/user'
import type Milestone from '#models/milestone'
import type { PaymentProvider } from '#models/transaction'
import { offer, openDispute } from '#tests/functional/disputes/parties'
import {
  activeProject,
  aDeposit,
  fundedMilestone,
  payIn,
  submittedMilestone,
  type Case,
} from '#tests/support/projects'
import type { Driver } from './driver.js'

/** One thing that people do with money, and the moment before. */
export interface Operation {
  name: string
  /** Whose calls it makes; Stripe's unless told. */
  provider?: PaymentProvider
  /** Done while nothing is killed. */
  prepare(): Promise<Case>
  /** Done while the application may die; ends with everything settled. */
  carryOut(driver: Driver, found: Case): Promise<void>
}

export const operations: Operation[] = [
  {
    name: 'deposit',
    prepare: () => activeProject({ amounts: ['600.00', '400.00'] }),
    async carryOut(driver, { client, milestones }) {
      await payDeposit(driver, client, milestones)
      await driver.settle()
    },
  },
  {
    name: 'deposit of which no webhook comes',
    prepare: () => activeProject(),
    async carryOut(driver, { client, milestones }) {
      await payDeposit(driver, client, milestones)
      await driver.settle({ webhooks: false })
    },
  },
  {
    name: 'deposit that replaces an unpaid one',
    async prepare() {
      const found = await activeProject()
      await aDeposit(found.client, found.milestones)
      return found
    },
    async carryOut(driver, { client, milestones }) {
      await payDeposit(driver, client, milestones)
      await driver.settle()
    },
  },
  {
    name: 'approval and payout',
    prepare: () => submittedMilestone(),
    async carryOut(driver, { client, milestone }) {
      await driver.post(client, `milestones/${milestone.id}/approve`)
      await driver.settle()
    },
  },
  {
    name: 'early release of a part, and payout',
    prepare: () => fundedMilestone(),
    async carryOut(driver, { client, milestone }) {
      const part = { milestone_id: milestone.id, amount: '333.33' }
      await driver.post(client, 'payments/release', part)
      await driver.settle()
    },
  },
  {
    name: 'immediate refund',
    prepare: () => fundedMilestone(),
    async carryOut(driver, { client, milestone }) {
      await askForRefund(driver, client, milestone)
      await driver.settle()
    },
  },
  {
    name: 'refund that the freelancer accepts',
    prepare: () => submittedMilestone(),
    async carryOut(driver, { client, freelancer, milestone }) {
      const request = await askForRefund(driver, client, milestone, '250.00')
      await driver.post(freelancer, `payments/refunds/${request.id}/accept`)
      await driver.settle()
    },
  },
  {
    name: 'a dispute settled by an accepted offer',
    prepare: () => offeredInDispute(),
    carryOut: acceptOffer,
  },
  {
    name: 'deposit by PayPal, and its capture',
    provider: 'paypal',
    prepare: () => activeProject({ amounts: ['600.00', '400.00'], provider: 'paypal' }),
    async carryOut(driver, { client, milestones }) {
      await payDeposit(driver, client, milestones, 'paypal')
      await driver.settle()
    },
  },
  {
    name: 'approval and payout by PayPal',
    provider: 'paypal',
    prepare: () => submittedMilestone({ provider: 'paypal' }),
    async carryOut(driver, { client, milestone }) {
      await driver.post(client, `milestones/${milestone.id}/approve`)
      await driver.settle()
    },
  },
  {
    name: 'immediate refund by PayPal',
    provider: 'paypal',
    prepare: () => fundedMilestone({ provider: 'paypal' }),
    async carryOut(driver, { client, milestone }) {
      await askForRefund(driver, client, milestone)
      await driver.settle()
    },
  },
  {
    name: 'a dispute settled by an accepted offer, by PayPal',
    provider: 'paypal',
    prepare: () => offeredInDispute('paypal'),
    carryOut: acceptOffer,
  },
]

export function operationNamed(name: string): Operation {
  const operation = operations.find((each) => each.name === name)
  if (!operation) throw new Error(`There is no operation "${name}".`)
  return operation
}

/** Asks for a deposit and pays it once, as the form in the browser or the provider's page does. */
async function payDeposit(
  driver: Driver,
  client: User,
  milestones: Milestone[],
  provider: PaymentProvider = 'stripe'
): Promise<void> {
  const deposit = await driver.post(client, 'payments/deposit', {
    milestone_ids: milestones.map(({ id }) => id),
    payment_provider: provider,
  })
  // Without a next step the answer was lost; where it is now, the transaction says.
  payIn(
    deposit.client_action
      ? deposit
      : await driver.get(client, `payments/transactions/${deposit.id}`)
  )
}

/** A dispute in which the client has offered a split, so that accepting it pays out and refunds. */
async function offeredInDispute(provider?: PaymentProvider): Promise<Case> {
  const found = await submittedMilestone({ provider })
  const dispute = await openDispute(found.client, found.milestone)
  await offer(found.client, dispute, '600.00')
  return found
}

async function acceptOffer(driver: Driver, { freelancer }: Case): Promise<void> {
  const { id } = await db.from('dispute_offers').select('id').firstOrFail()
  await driver.post(freelancer, `offers/${id}/accept`)
  await driver.settle()
}

function askForRefund(driver: Driver, client: User, { id }: Milestone, amount?: string) {
  return driver.post(client, 'payments/refund', {
    milestone_id: id,
    reason: 'It is no longer needed.',
    ...(amount && { amount }),
  })
}

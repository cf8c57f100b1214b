import type User from '#models/user'
import type Milestone from '#models/milestone'
import {
  activeProject,
  aDeposit,
  fundedMilestone,
  submittedMilestone,
  type Case,
} from '#tests/support/projects'
import { sandbox } from '#tests/support/sandbox'
import type { Driver } from './driver.js'

/** One thing that people do with money, and the moment before. */
export interface Operation {
  name: string
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
]

/** Asks for a deposit and pays it once, as the form in the browser does. */
async function payDeposit(driver: Driver, client: User, milestones: Milestone[]): Promise<void> {
  const deposit = await driver.post(client, 'payments/deposit', {
    milestone_ids: milestones.map(({ id }) => id),
    payment_provider: 'stripe',
    method: 'payment_element',
  })
  const action =
    deposit.client_action ??
    (await driver.get(client, `payments/transactions/${deposit.id}`)).client_action
  const [intent] = action.client_secret.split('_secret_')
  if (!sandbox.confirm(intent)) throw new Error('The test card was declined.')
}

function askForRefund(driver: Driver, client: User, { id }: Milestone, amount?: string) {
  return driver.post(client, 'payments/refund', {
    milestone_id: id,
    reason: 'It is no longer needed.',
    ...(amount && { amount }),
  })
}

import type { PaymentProvider } from '#models/transaction'
import type Dispute from '#models/dispute'
import { acceptOffer, declineOffer } from '#escrow/disputes/answer_offer'
import { escalateDispute } from '#escrow/disputes/escalate_dispute'
import { withdrawDispute } from '#escrow/disputes/withdraw_dispute'
import { cancelProject } from '#escrow/cancel_project'
import { happen } from './stand_ins.js'
import type { Scene } from './scene.js'
import * as words from './words.js'

/** What happens in a project, one step after the other. It yields how many days pass before the next step. */
export type Plot = (scene: Scene) => AsyncGenerator<number, void>

export interface Story {
  name: string
  /** How often it is told, among all. */
  weight: number
  /** Told at least so many times, however small the demo; default once. */
  least?: number
  /** It begins so many days ago, from the first to the second: what has to be open still, began lately. */
  began: [number, number]
  /** With a freelancer of its own, who is paid by this: what goes wrong for them concerns no other project. */
  alone?: PaymentProvider
  plot: Plot
}

/** Until the provider's news have come. */
const NEWS = 1

async function* worked(scene: Scene, milestone = scene.milestones[0], { rejected = false } = {}) {
  yield scene.between(2, 7)
  await scene.submit(milestone)
  if (rejected) {
    yield scene.between(1, 3)
    await scene.reject(milestone)
    await scene.say(scene.freelancer.user, words.NOTES)
    yield scene.between(2, 4)
    await scene.submit(milestone)
  }
  yield scene.between(1, 5)
}

async function* funded(scene: Scene, payer?: Parameters<Scene['fund']>[0]) {
  yield scene.between(0, 2)
  await scene.fund(payer)
  yield NEWS
}

/** Work was handed in, and the client disputes it. */
async function* disputed(scene: Scene, share = 100): AsyncGenerator<number, Dispute> {
  await scene.agree({ milestones: scene.between(1, 2) })
  yield* funded(scene)
  yield 2
  await scene.submit()
  yield 1
  return scene.openDispute(scene.client, scene.milestones[0], share)
}

/** The other side has answered, and both have shown what they have. */
async function* argued(scene: Scene, share?: number): AsyncGenerator<number, Dispute> {
  const dispute = yield* disputed(scene, share)
  yield 1
  await scene.answerDispute(dispute)
  yield 1
  await scene.argue(dispute)
  return dispute
}

/** One milestone, approved and sent for payout. */
async function* paidOut(scene: Scene, options: Parameters<Scene['agree']>[0] = {}) {
  await scene.agree({ milestones: 1, ...options })
  yield* funded(scene)
  yield* worked(scene)
  await scene.approve()
  yield NEWS
}

export const STORIES: Story[] = [
  {
    name: 'done, all of it',
    weight: 42,
    began: [48, 89],
    async *plot(scene) {
      await scene.agree()
      yield* funded(scene)
      for (const milestone of scene.milestones) {
        yield* worked(scene, milestone, { rejected: scene.random() < 0.15 })
        await scene.approve(milestone)
      }
    },
  },
  {
    name: 'done, one milestone',
    weight: 16,
    began: [16, 47],
    plot: paidOut,
  },
  {
    name: 'released without waiting for work',
    weight: 5,
    began: [12, 85],
    async *plot(scene) {
      await scene.agree({ milestones: 1 })
      yield* funded(scene)
      yield scene.between(1, 4)
      await scene.release()
    },
  },
  {
    name: 'in work',
    weight: 12,
    began: [14, 30],
    async *plot(scene) {
      await scene.agree({ milestones: 3 })
      yield* funded(scene)
      yield* worked(scene)
      await scene.approve()
    },
  },
  {
    name: 'handed in',
    weight: 8,
    began: [9, 13],
    async *plot(scene) {
      await scene.agree({ milestones: 2 })
      yield* funded(scene)
      yield scene.between(2, 5)
      await scene.submit()
    },
  },
  {
    name: 'turned down, and not handed in again',
    weight: 4,
    began: [9, 20],
    async *plot(scene) {
      await scene.agree({ milestones: 2 })
      yield* funded(scene)
      yield scene.between(2, 4)
      await scene.submit()
      yield scene.between(1, 3)
      await scene.reject()
    },
  },
  {
    name: 'released in part',
    weight: 3,
    began: [10, 40],
    async *plot(scene) {
      await scene.agree({ milestones: 1 })
      yield* funded(scene)
      yield scene.between(1, 4)
      await scene.release(scene.milestones[0], 40)
    },
  },
  {
    name: 'a draft',
    weight: 5,
    began: [0, 60],
    async *plot(scene) {
      await scene.draft()
    },
  },
  {
    name: 'an invitation that is open',
    weight: 2,
    began: [0, 10],
    async *plot(scene) {
      await scene.draft()
      await scene.invite()
    },
  },
  {
    name: 'an invitation turned down',
    weight: 2,
    began: [5, 60],
    async *plot(scene) {
      await scene.draft()
      const invitation = await scene.invite()
      yield 2
      await scene.decline(invitation)
    },
  },
  {
    name: 'cancelled before anybody paid',
    weight: 4,
    began: [8, 80],
    async *plot(scene) {
      await scene.agree()
      yield 3
      await cancelProject(scene.project.id, { by: scene.client })
    },
  },
  {
    name: 'waits for its first payment',
    weight: 4,
    began: [1, 12],
    async *plot(scene) {
      await scene.agree()
    },
  },
  {
    name: 'a deposit that nobody has paid yet',
    weight: 3,
    began: [0.05, 0.1],
    async *plot(scene) {
      await scene.agree()
      await scene.startDeposit()
    },
  },
  {
    name: 'a deposit that nobody paid in time',
    weight: 3,
    began: [6, 70],
    async *plot(scene) {
      await scene.agree()
      await scene.startDeposit()
      yield 2
      await scene.letExpire()
    },
  },
  {
    name: 'a card that was refused, then another one',
    weight: 4,
    began: [20, 80],
    async *plot(scene) {
      await scene.agree({ milestones: 1 })
      await scene.startDeposit()
      if (scene.rail === 'stripe') await scene.pay('is_refused').catch(() => {})
      yield 1
      await scene.fund()
      yield NEWS
      yield* worked(scene)
      await scene.approve()
    },
  },
  {
    name: 'taken back at once',
    weight: 4,
    began: [6, 80],
    async *plot(scene) {
      await scene.agree({ milestones: 1 })
      yield* funded(scene)
      await scene.askBack()
      yield NEWS
    },
  },
  {
    name: 'a refund that both agreed on',
    weight: 4,
    began: [20, 80],
    async *plot(scene) {
      await scene.agree({ milestones: 2 })
      yield* funded(scene)
      yield 3
      await scene.submit()
      yield 2
      const asked = await scene.askBack(scene.milestones[0], 50)
      yield 2
      await scene.giveBack(asked)
      yield NEWS
      await scene.approve()
    },
  },
  {
    name: 'a refund that was declined',
    weight: 2,
    began: [9, 14],
    async *plot(scene) {
      await scene.agree({ milestones: 1 })
      yield* funded(scene)
      yield 2
      await scene.submit()
      yield 1
      const asked = await scene.askBack()
      yield 1
      await scene.keep(asked)
    },
  },
  {
    name: 'a refund request that waits for an answer',
    weight: 3,
    began: [6, 7],
    async *plot(scene) {
      await scene.agree({ milestones: 1 })
      yield* funded(scene)
      await scene.submit()
      yield 1
      await scene.askBack(scene.milestones[0], 60)
    },
  },
  {
    name: 'a refund on its way',
    weight: 2,
    began: [3, 5],
    alone: 'paypal',
    async *plot(scene) {
      await scene.agree({ milestones: 1 })
      yield* funded(scene)
      await scene.refundSlowly()
      await scene.askBack()
    },
  },
  {
    name: 'a refund that its bank sent back',
    weight: 2,
    began: [12, 50],
    alone: 'stripe',
    async *plot(scene) {
      await scene.agree({ milestones: 1 })
      yield* funded(scene, 'refund_waits')
      await scene.askBack()
      yield NEWS
      await happen('stripe', 'fail_refund', { refund: await scene.refundAtProvider() })
      yield NEWS
    },
  },
  {
    name: 'a payout that waits for an account',
    weight: 3,
    began: [14, 30],
    alone: 'paypal',
    plot: (scene) => paidOut(scene, { payable: false }),
  },
  {
    name: 'a payout that waits for the end of a set-up',
    weight: 2,
    began: [14, 40],
    alone: 'stripe',
    async *plot(scene) {
      await scene.openAccount({ finish: false })
      yield* paidOut(scene, { payable: false })
    },
  },
  {
    name: 'a payout that nobody claims',
    weight: 2,
    began: [20, 26],
    alone: 'venmo',
    async *plot(scene) {
      await scene.openAccount({ destination: `noaccount.${scene.freelancer.user.email}` })
      yield* paidOut(scene, { payable: false })
    },
  },
  {
    name: 'a payout that was refused',
    weight: 3,
    began: [16, 50],
    alone: 'paypal',
    async *plot(scene) {
      await happen('paypal', 'plan_payout', {
        outcome: 'FAILED',
        receiver: scene.freelancer.user.email,
      })
      yield* paidOut(scene)
    },
  },
  {
    name: 'a payout that came back',
    weight: 2,
    began: [24, 60],
    alone: 'paypal',
    async *plot(scene) {
      yield* paidOut(scene)
      yield 2
      await happen('paypal', 'set_payout_item', {
        id: await scene.payoutAtProvider(),
        status: 'RETURNED',
      })
      yield NEWS
    },
  },
  {
    name: 'an inquiry of a bank',
    weight: 1,
    began: [12, 16],
    alone: 'paypal',
    async *plot(scene) {
      await scene.agree({ milestones: 1 })
      yield* funded(scene)
      yield 4
      await scene.disputeCharge({ inquiry: true })
      yield NEWS
    },
  },
  {
    name: 'a dispute that waits for its answer',
    weight: 2,
    began: [6.5, 8],
    async *plot(scene) {
      yield* disputed(scene, 80)
    },
  },
  {
    name: 'a dispute about which both talk',
    weight: 4,
    began: [9, 13],
    async *plot(scene) {
      const dispute = yield* argued(scene, scene.oneOf([50, 75, 100]))
      yield 1
      await scene.offer(dispute, scene.client, 30)
      if (scene.random() < 0.5) {
        const offer = await scene.offer(dispute, scene.freelancer.user, 70)
        await declineOffer(offer.id, { by: scene.client })
      }
    },
  },
  {
    name: 'a dispute that staff have to decide',
    weight: 5,
    least: 3,
    began: [11, 17],
    async *plot(scene) {
      const dispute = yield* argued(scene)
      await scene.offer(dispute, scene.freelancer.user, 80)
      yield 2
      await escalateDispute(dispute.id, { by: scene.oneOf([scene.client, scene.freelancer.user]) })
    },
  },
  {
    name: 'a dispute that both settled',
    weight: 3,
    began: [20, 80],
    async *plot(scene) {
      const dispute = yield* argued(scene)
      yield 1
      const offer = await scene.offer(dispute, scene.client, scene.oneOf([40, 50, 60]))
      yield 2
      await acceptOffer(offer.id, { by: scene.freelancer.user })
      yield NEWS
    },
  },
  {
    name: 'a dispute that was withdrawn',
    weight: 2,
    began: [20, 80],
    async *plot(scene) {
      const dispute = yield* argued(scene)
      yield 2
      await withdrawDispute(dispute.id, { by: scene.client })
      yield 1
      await scene.approve()
      yield NEWS
    },
  },
  ...(['stripe', 'paypal'] as const).flatMap((provider): Story[] => [
    {
      name: `an open chargeback (${provider})`,
      weight: 2,
      began: [12, 20],
      alone: provider,
      async *plot(scene) {
        await scene.agree({ milestones: 2 })
        yield* funded(scene)
        yield scene.between(2, 4)
        await scene.submit()
        yield 2
        await scene.disputeCharge()
        yield NEWS
      },
    },
    {
      name: `a chargeback that was won (${provider})`,
      weight: 2,
      began: [40, 80],
      alone: provider,
      async *plot(scene) {
        yield* paidOut(scene)
        yield 3
        const dispute = await scene.disputeCharge()
        yield 4
        await scene.decideCharge(dispute, 'won')
        yield NEWS
      },
    },
    {
      name: `a chargeback that was lost, after the payout (${provider})`,
      weight: 2,
      began: [40, 80],
      alone: provider,
      async *plot(scene) {
        yield* paidOut(scene)
        yield 3
        const dispute = await scene.disputeCharge()
        yield 4
        await scene.decideCharge(dispute, 'lost')
        yield NEWS
      },
    },
    {
      name: `a chargeback that was lost, with money still held (${provider})`,
      weight: 1,
      began: [30, 70],
      alone: provider,
      async *plot(scene) {
        await scene.agree({ milestones: 2 })
        yield* funded(scene)
        yield 4
        const dispute = await scene.disputeCharge()
        yield 4
        await scene.decideCharge(dispute, 'lost')
        yield NEWS
      },
    },
  ]),
]

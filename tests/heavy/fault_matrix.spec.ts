import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { changeSetting } from '#escrow/settings'
import { settlePending } from '#escrow/settle_pending'
import { providerFor } from '#payments/registry'
import { api, expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { drain, settle } from '#tests/support/jobs'
import { breaks } from '#tests/support/ledger'
import {
  activeProject,
  fundedMilestone,
  pay,
  payIn,
  submittedMilestone,
} from '#tests/support/projects'
import {
  clearingDifference,
  impatient,
  RAILS_UNDER_TEST,
  STEPS,
  type Step,
  type TestRail,
} from '#tests/support/rails'
import { aFreelancer } from '#tests/support/users'

/**
 * Everything that can go wrong with one call, for every call that moves money or makes what money is
 * sent to, at every provider. The cells are generated; each is the same sentence: at most one effect at
 * the provider, settled without a person, and books that agree with it.
 *
 * By default a part of the cells runs, in turns so that every step and every fault meets each provider;
 * `npm run test:long` runs all of them.
 */
const FAULTS = [
  'timeout before the effect',
  'timeout after the effect',
  'connection reset before the effect',
  'connection reset after the effect',
  '500 before the effect',
  '500 after the effect',
  '429 with Retry-After',
  'a malformed body',
  'an idempotency conflict',
  'a key older than its life, and no effect',
  'a key older than its life, and an effect',
] as const
type Fault = (typeof FAULTS)[number]

/** A step up to the moment before its call, and the request that makes it. */
interface Prepared {
  /** Causes the call; what it answers does not matter, only what comes of it. */
  act(): Promise<unknown>
  /** Plays the payer's part, once there is something to pay. */
  afterwards?(): Promise<void>
  isSettled(status: Expected['status']): Promise<boolean>
}

const calls = RAILS_UNDER_TEST.flatMap((rail) => STEPS.map((step) => ({ rail, step })))
const cells = calls
  .filter(({ rail, step }) => rail.routes[step])
  .flatMap((call) =>
    FAULTS.map((fault) => ({ ...call, route: call.rail.routes[call.step]!, fault }))
  )
/** Every third cell: each row of the table starts one further, so no row or column is left out. */
const chosen = process.env.LONG
  ? cells
  : cells.filter((_, index) => (index + Math.floor(index / FAULTS.length)) % 3 === 0)

test.group('The fault matrix', (group) => {
  group.each.timeout(120_000)
  group.each.setup(async () => {
    await resetAll()
    await db.transaction((trx) => changeSetting(trx, 'unknown_lookup_interval_seconds', 0, 'test'))
    const restore = impatient()
    return () => {
      for (const { standIn } of RAILS_UNDER_TEST) standIn.clearFaults()
      restore()
    }
  })

  for (const { rail, step } of calls.filter((call) => !call.rail.routes[call.step])) {
    test(`${rail.provider} has no call for ${step} that could fail`, async ({ assert }) => {
      assert.deepEqual(await callsFor(rail, step), [])
    })
  }

  for (const { rail, step, fault, route } of chosen) {
    test(`${rail.provider}: ${step} with ${fault} has at most one effect and settles by itself`, async ({
      assert,
    }) => {
      const floating = await clearingDifference(rail.rail)
      const { act, afterwards, isSettled } = await prepare[step](rail)
      const { status, effects } = expected(step, fault)
      const before = rail.effects(step)
      await strike(rail, route, step, fault, act)
      await settleAll()
      await afterwards?.()
      await settleAll()

      assert.isTrue(await isSettled(status), `it is ${status}`)
      assert.equal(rail.effects(step) - before, effects, 'effects at the provider')
      assert.deepEqual(await breaks(), [])
      assert.equal(await clearingDifference(rail.rail), floating, 'the provider less our books')
    })
  }
})

interface Expected {
  status: 'completed' | 'failed'
  effects: number
}

/**
 * A deposit lives no longer than its key. When that is over, one that was never paid has ended, and its
 * payer may start another; what a capture took counts.
 */
function expected(step: Step, fault: Fault): Expected {
  const expired = fault.startsWith('a key older')
  const paid = step === 'capture' && fault.endsWith('and an effect')
  if (!expired || paid || (step !== 'deposit' && step !== 'capture')) {
    return { status: 'completed', effects: 1 }
  }
  return { status: 'failed', effects: fault.endsWith('and an effect') ? 1 : 0 }
}

/** Lets webhooks, jobs and the schedule do what they do in an hour. */
async function settleAll(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) {
    await settle({ mayFail: true, retryNow: true })
    await settlePending({ olderThanSeconds: 0 })
  }
  await settle({ mayFail: true, retryNow: true })
}

async function strike(
  { standIn, provider }: TestRail,
  route: string,
  step: Step,
  fault: Fault,
  act: () => Promise<unknown>
): Promise<void> {
  const at = fault.includes('after') || fault === 'a malformed body' ? 'after' : 'before'
  switch (fault) {
    case 'an idempotency conflict':
      return conflict(standIn.hold(route, { at: 'after' }), act)
    case 'a key older than its life, and no effect':
    case 'a key older than its life, and an effect': {
      const had = fault.endsWith('and an effect') ? 'after' : 'before'
      standIn.webhookMode({ paused: true })
      standIn.failNext(route, { at: had, with: 'timeout', times: 1 })
      await act()
      await drain({ mayFail: true })
      await grow(provider, standIn, step)
      standIn.webhookMode({})
      return
    }
    default:
      standIn.failNext(route, { at, with: kindOf(fault), times: 2 })
      await act()
  }
}

function kindOf(fault: Fault) {
  if (fault.startsWith('timeout')) return 'timeout'
  if (fault.startsWith('connection reset')) return 'reset'
  if (fault.startsWith('500')) return 500
  return fault.startsWith('429') ? 429 : 'malformed'
}

/** The same call again while the first one is still under way. */
async function conflict(
  hold: { arrived: Promise<void>; release(): void },
  act: () => Promise<unknown>
): Promise<void> {
  const first = act().then(() => drain({ mayFail: true }))
  await Promise.race([hold.arrived, first])
  await settlePending({ olderThanSeconds: 0 })
  hold.release()
  await first
}

/**
 * Lets the time pass in which a key protects, here and there, and the hours after it in which PayPal's
 * reports may still be missing something.
 */
async function grow(
  provider: TestRail['provider'],
  standIn: TestRail['standIn'],
  step: Step
): Promise<void> {
  const kind =
    step === 'capture' ? 'deposit' : step === 'onboarding' ? ('recipient' as const) : step
  const life = providerFor(provider).keyLifetimeMs[kind] + 5 * 3_600_000
  standIn.advance(life)
  const seconds = life / 1000
  await db.rawQuery(
    `UPDATE transactions SET sent_at = sent_at - make_interval(secs => ?),
        created_at = created_at - make_interval(secs => ?) WHERE status = 'pending'`,
    [seconds, seconds]
  )
  await db.rawQuery(
    `UPDATE deposits SET capture_sent_at = capture_sent_at - make_interval(secs => ?),
        expires_at = expires_at - make_interval(secs => ?)`,
    [seconds, seconds]
  )
  await db.rawQuery(
    `UPDATE payout_accounts SET created_at = created_at - make_interval(secs => ?),
        attempted_at = attempted_at - make_interval(secs => ?) WHERE destination = ''`,
    [seconds, seconds]
  )
}

async function statusOf(type: string): Promise<string[]> {
  const rows = await db.from('transactions').where('transaction_type', type).select('status')
  return rows.map(({ status }) => status)
}

const only = (type: string) => async (status: string) => {
  const found = await statusOf(type)
  return found.length === 1 && found[0] === status
}

const prepare: Record<Step, (rail: TestRail) => Promise<Prepared>> = {
  async deposit({ provider }) {
    const { client, milestones } = await activeProject({ provider })
    return {
      act: () => deposit(client, milestones, provider),
      async afterwards() {
        const rows = await db.from('transactions').where('transaction_type', 'deposit')
        for (const row of rows.filter(({ status }) => status === 'pending')) payIn(row)
      },
      isSettled: only('deposit'),
    }
  },
  async capture({ provider }) {
    const { client, milestones } = await activeProject({ provider })
    await deposit(client, milestones, provider)
    const [row] = await db.from('transactions').where('transaction_type', 'deposit')
    return {
      async act() {
        payIn(row)
        await settle({ mayFail: true })
      },
      isSettled: only('deposit'),
    }
  },
  async refund({ provider }) {
    const { client, milestone } = await fundedMilestone({ provider })
    const body = { milestone_id: milestone.id, reason: 'Not needed any more.' }
    return {
      act: () => pay(client, 'payments/refund', body),
      isSettled: only('refund'),
    }
  },
  async payout({ provider }) {
    const { client, milestone } = await submittedMilestone({ provider })
    return {
      act: () => pay(client, `milestones/${milestone.id}/approve`),
      isSettled: only('payout'),
    }
  },
  async onboarding({ provider }) {
    const freelancer = await aFreelancer()
    const open = () =>
      api(freelancer).post('payments/payout-accounts', {
        payment_provider: provider,
        country: 'US',
      })
    const nameless = () => db.from('payout_accounts').where('destination', '').first()
    return {
      act: open,
      // Nobody waits for an account but its owner, who asks again until there is one.
      async afterwards() {
        for (let turn = 0; turn < 4 && (await nameless()); turn++) await open()
      },
      async isSettled() {
        const accounts = await db.from('payout_accounts').whereNull('deleted_at')
        return accounts.length === 1 && accounts[0].destination !== ''
      },
    }
  },
}

function deposit(client: any, milestones: { id: string }[], provider: string) {
  return pay(client, 'payments/deposit', {
    milestone_ids: milestones.map(({ id }) => id),
    payment_provider: provider,
  })
}

/** What is sent for a step that a provider has no call for: money that it captures, an address as it is. */
async function callsFor({ provider, standIn }: TestRail, step: Step): Promise<string[]> {
  const before = standIn.requestLog.length
  if (step === 'onboarding') {
    const freelancer = await aFreelancer()
    const body = { payment_provider: provider, destination: freelancer.email }
    expectData(await api(freelancer).post('payments/payout-accounts', body), 201)
  } else {
    const { milestone } = await fundedMilestone({ provider, payable: false })
    if (!milestone.isFunded) throw new Error('It should have been captured.')
  }
  const sent = standIn.requestLog.slice(before).map(({ method, path }) => `${method} ${path}`)
  return step === 'onboarding' ? sent : sent.filter((each) => each.includes('capture'))
}

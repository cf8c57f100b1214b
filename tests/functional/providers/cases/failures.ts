import { test } from '@japa/runner'
import { randomUUID } from 'node:crypto'
import { text } from 'node:stream/consumers'
import type { FaultKind } from '#sandbox/common/faults'
import type { ProviderFailureKind } from '#payments/provider'
import { providerFor } from '#payments/registry'
import {
  ago,
  DAY,
  deadPort,
  everyOf,
  failureOf,
  HOUR,
  serverAt,
  withSetting,
} from '#tests/support/provider_calls'
import { impatient, STEPS, type Step, type TestRail } from '#tests/support/rails'
import {
  agreedDeposit,
  depositRequest,
  onboarding,
  payoutRequest,
  quiet,
  refundRequest,
} from '../helpers.js'

interface Fault {
  at: 'before' | 'after'
  with: FaultKind
  /** As often as an SDK may send a request by itself. */
  times?: number
  means: { kind: ProviderFailureKind; code?: string }
}

const FAULTS: Fault[] = [
  { at: 'after', with: 'timeout', means: { kind: 'unknown', code: 'timeout' } },
  { at: 'before', with: 'reset', times: 2, means: { kind: 'unknown', code: 'connection' } },
  { at: 'after', with: 'reset', times: 2, means: { kind: 'unknown', code: 'connection' } },
  { at: 'before', with: 500, means: { kind: 'unknown' } },
  { at: 'after', with: 500, means: { kind: 'unknown' } },
  { at: 'after', with: 'malformed', means: { kind: 'unknown', code: 'malformed_answer' } },
  { at: 'before', with: 429, means: { kind: 'retry' } },
]

export function failures(rail: TestRail): void {
  const provider = providerFor(rail.provider)
  const { standIn } = rail
  const calls = STEPS.flatMap((step) => {
    const route = rail.routes[step]
    return route ? [{ step, route }] : []
  })

  /** A step up to its call, which is answered so that it can be made again as often as one likes. */
  async function prepared(step: Step): Promise<() => Promise<unknown>> {
    switch (step) {
      case 'deposit': {
        const request = depositRequest(provider)
        return () => provider.createDeposit(request)
      }
      case 'capture': {
        const { id } = await agreedDeposit(rail)
        return () => provider.captureDeposit(id, 'capture')
      }
      case 'refund': {
        const request = await refundRequest(rail)
        return () => provider.refund(request)
      }
      case 'payout': {
        const request = await payoutRequest(rail)
        return () => provider.createPayout(request)
      }
      case 'onboarding': {
        const request = onboarding(provider)
        return () => provider.onboardRecipient(request)
      }
    }
  }

  test.group(`The contract with ${rail.provider}: what failures mean`, (group) => {
    group.each.setup(quiet(rail))
    group.each.setup(impatient)

    for (const { step, route } of calls) {
      for (const { means, ...fault } of FAULTS) {
        test(`${step}: ${fault.with} ${fault.at} the effect is ${means.kind}, and the same key has one effect`, async ({
          assert,
        }) => {
          const call = await prepared(step)
          const before = rail.effects(step)
          standIn.failNext(route, fault)
          const failure = await failureOf(call())
          assert.deepInclude(failure, means)
          assert.isNotEmpty(failure.code)
          assert.isNotEmpty(failure.message)
          standIn.clearFaults()
          await call()
          await call()
          assert.equal(rail.effects(step) - before, 1)
        })
      }

      test(`${step}: a second one at the same time does nothing, and the same key has one effect`, async ({
        assert,
      }) => {
        const call = await prepared(step)
        const before = rail.effects(step)
        const hold = standIn.hold(route)
        const first = call()
        await hold.arrived
        // It may see what the first has done already; if not, it is to come again.
        const second = await call().catch((failure) => failure)
        if (second instanceof Error) {
          assert.equal((await failureOf(Promise.reject(second))).kind, 'retry')
        }
        hold.release()
        assert.containSubset(await call(), { id: ((await first) as { id?: string }).id })
        assert.equal(rail.effects(step) - before, 1)
      })

      test(`${step}: a connection that never came about is a reason to send again`, async ({
        assert,
      }) => {
        const call = await prepared(step)
        const before = rail.effects(step)
        const restore = withSetting(rail.base, `http://127.0.0.1:${await deadPort()}`)
        assert.deepInclude(await failureOf(call()), { kind: 'retry', code: 'connection' })
        restore()
        await call()
        assert.equal(rail.effects(step) - before, 1)
      })
    }

    for (const { status, kind } of [
      { status: 400, kind: 'unknown' },
      { status: 404, kind: 'unknown' },
      { status: 500, kind: 'unknown' },
      { status: 429, kind: 'retry' },
    ]) {
      test(`reading something that answers ${status} is ${kind}: no proof of anything`, async ({
        assert,
      }) => {
        const base = await serverThatRefuses(status)
        withSetting(rail.base, base)
        for (const [name, read] of Object.entries(reads())) {
          assert.equal((await failureOf(read())).kind, kind, name)
        }
      })
    }

    test('reading without an answer in time is unknown', async ({ assert }) => {
      const base = await serverAt((request) => void request.resume())
      withSetting(rail.base, base)
      withSetting('STRIPE_TIMEOUT_MS', 300)
      withSetting('PAYPAL_TIMEOUT_MS', 300)
      for (const [name, read] of Object.entries(reads())) {
        assert.notEqual((await failureOf(read())).kind, 'declined', name)
      }
    })
  })

  /** Everything that asks a provider and changes nothing. */
  function reads(): Record<string, () => Promise<unknown>> {
    const period = { from: ago(DAY), to: new Date() }
    const longAgo = ago(provider.keyLifetimeMs.payout + DAY)
    const hints = { projectId: 'p', chargeId: 'ch_1', since: longAgo, keySentAt: longAgo }
    return {
      deposit: () => provider.getDeposit('pi_1'),
      depositByCharge: () => provider.getDepositByCharge('ch_1'),
      refund: () => provider.getRefund('re_1'),
      payout: () => provider.getPayout('tr_1'),
      dispute: () => provider.getDispute('du_1'),
      balance: () => provider.getBalance(),
      balanceTransactions: () => everyOf(provider.listBalanceTransactions(period)),
      disputes: () => everyOf(provider.listDisputes(period)),
      events: () => everyOf(provider.listEvents(period, [])),
      foundRefund: () => provider.findByMetadata('refund', randomUUID(), hints),
      foundPayout: () => provider.findByMetadata('payout', randomUUID(), hints),
      ...(rail.routes.onboarding && {
        recipient: () => provider.getRecipient('acct_1'),
        foundRecipient: () => provider.findRecipient(randomUUID(), ago(HOUR)),
      }),
    }
  }
}

/** Somebody who lets everyone in and refuses everything, in the words of whoever is asked. */
function serverThatRefuses(status: number): Promise<string> {
  return serverAt(async (request, response) => {
    await text(request)
    const isLogin = request.url?.endsWith('/token')
    response.writeHead(isLogin ? 200 : status, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify(
        isLogin
          ? { access_token: 'A21', token_type: 'Bearer', expires_in: 3600 }
          : {
              error: { type: 'invalid_request_error', message: 'No.' },
              name: 'INVALID_REQUEST',
              message: 'No.',
            }
      )
    )
  })
}

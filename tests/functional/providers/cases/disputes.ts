import { test } from '@japa/runner'
import { randomUUID } from 'node:crypto'
import type { DisputeEvidence, ProviderDispute } from '#payments/provider'
import { providerFor } from '#payments/registry'
import { ago, DAY, everyOf, failureOf, HOUR, inHours } from '#tests/support/provider_calls'
import type { TestRail } from '#tests/support/rails'
import { owned, paidDeposit, quiet } from '../helpers.js'

const evidence = (): DisputeEvidence => ({
  key: randomUUID(),
  customerName: 'Cleo Client',
  customerEmail: 'cleo@example.com',
  productDescription: 'A website of three pages',
  serviceDate: new Date('2026-03-14T12:00:00Z'),
  narrative: 'Submitted on 14 March, approved on 15 March.',
})

/** What a dispute's movements have done to our balance. */
const moved = ({ movements }: ProviderDispute) =>
  movements.reduce((sum, { kind, amount, fee }) => {
    const gone = amount.add(fee).minor
    return kind === 'withdrawn' ? sum - gone : sum + gone
  }, 0n)

export function disputes(rail: TestRail): void {
  const provider = providerFor(rail.provider)

  test.group(`The contract with ${rail.provider}: disputes`, (group) => {
    group.each.setup(quiet(rail))

    test('one that takes money says how much, of which charge, and until when it wants evidence', async ({
      assert,
    }) => {
      const { deposit } = await paidDeposit(rail)
      const before = await owned(rail)
      const id = rail.openDispute(deposit.chargeId, { amount: 120_000 })
      const dispute = await provider.getDispute(id)
      assert.deepInclude(dispute, {
        id,
        chargeId: deposit.chargeId,
        state: 'needs_response',
        evidenceSubmitted: false,
      })
      assert.equal(dispute.amount.toString(), '1200.00 USD', 'it may exceed the charge')
      assert.isNotEmpty(dispute.status)
      assert.isNotEmpty(dispute.reason)
      assert.isAbove(dispute.evidenceDueBy!.getTime(), Date.now())
      assert.closeTo(dispute.openedAt.getTime(), Date.now(), HOUR)

      const withdrawn = dispute.movements.reduce((sum, { amount }) => sum + amount.minor, 0n)
      assert.equal(withdrawn, 120_000n)
      assert.isTrue(dispute.movements.every(({ kind }) => kind === 'withdrawn'))
      assert.isBelow(Number(moved(dispute)), -120_000, 'there is a fee on top')
      assert.equal(await owned(rail), before + moved(dispute))
    })

    for (const { outcome, kept } of [
      { outcome: 'won' as const, kept: 100_000n },
      { outcome: 'lost' as const, kept: 0n },
    ]) {
      test(`one that is ${outcome} says so, and each movement keeps its name`, async ({
        assert,
      }) => {
        const { deposit } = await paidDeposit(rail)
        const id = rail.openDispute(deposit.chargeId)
        const open = await provider.getDispute(id)
        const before = await owned(rail)
        rail.decideDispute(id, outcome)
        const decided = await provider.getDispute(id)
        assert.equal(decided.state, outcome)
        assert.isUndefined(decided.evidenceDueBy)
        assert.equal(await owned(rail), before + kept)
        assert.equal(moved(decided) - moved(open), kept)
        const names = decided.movements.map((movement) => movement.id)
        assert.deepEqual(
          names.slice(0, open.movements.length),
          open.movements.map((each) => each.id)
        )
        assert.equal(new Set(names).size, names.length)
        const times = decided.movements.map(({ at }) => at.getTime())
        assert.deepEqual(
          times,
          [...times].sort((a, b) => a - b),
          'oldest first'
        )
      })
    }

    test('an inquiry has moved no money until it is more than that', async ({ assert }) => {
      const { deposit } = await paidDeposit(rail)
      const before = await owned(rail)
      const id = rail.openDispute(deposit.chargeId, { inquiry: true })
      assert.deepInclude(await provider.getDispute(id), { state: 'inquiry', movements: [] })
      assert.equal(await owned(rail), before)
      rail.escalateDispute(id)
      const dispute = await provider.getDispute(id)
      assert.equal(dispute.state, 'needs_response')
      assert.equal(await owned(rail), before + moved(dispute))
      assert.isBelow(Number(moved(dispute)), 0)
    })

    test('evidence is given once under one key, and not taken when all is decided', async ({
      assert,
    }) => {
      const { deposit } = await paidDeposit(rail)
      const id = rail.openDispute(deposit.chargeId)
      const ours = evidence()
      const after = await provider.submitEvidence(id, ours)
      assert.deepInclude(after, { id, state: 'under_review', evidenceSubmitted: true })
      assert.isUndefined(after.evidenceDueBy)
      assert.deepEqual(await provider.submitEvidence(id, ours), after)
      // Longer than any provider keeps a key for this.
      rail.standIn.advance(2 * DAY)
      assert.deepEqual(await provider.submitEvidence(id, ours), after)
      assert.equal(rail.evidenceTaken(id), 1)

      rail.decideDispute(id, 'lost')
      assert.equal((await failureOf(provider.submitEvidence(id, evidence()))).kind, 'declined')
      assert.isTrue((await provider.submitEvidence(id, ours)).evidenceSubmitted)
      assert.equal(rail.evidenceTaken(id), 1)
    })

    for (const at of ['before', 'after'] as const) {
      test(`evidence whose answer was lost ${at} the effect is unknown, and given once`, async ({
        assert,
      }) => {
        const { deposit } = await paidDeposit(rail)
        const id = rail.openDispute(deposit.chargeId)
        const ours = evidence()
        rail.standIn.failNext(rail.evidenceRoute, { at, with: 500 })
        assert.equal((await failureOf(provider.submitEvidence(id, ours))).kind, 'unknown')
        assert.isTrue((await provider.submitEvidence(id, ours)).evidenceSubmitted)
        assert.equal(rail.evidenceTaken(id), 1)
      })
    }

    test('those that were opened or changed in a period are listed as each is', async ({
      assert,
    }) => {
      const { deposit } = await paidDeposit(rail)
      const ids = [rail.openDispute(deposit.chargeId), rail.openDispute(deposit.chargeId)]
      const found = await everyOf(provider.listDisputes({ from: ago(HOUR), to: inHours(1) }))
      assert.sameMembers(
        found.map(({ id }) => id),
        ids
      )
      for (const dispute of found) {
        assert.deepEqual(dispute, await provider.getDispute(dispute.id))
      }
      const before = { from: ago(3 * DAY), to: ago(2 * DAY) }
      assert.isEmpty(await everyOf(provider.listDisputes(before)))
    })
  })
}

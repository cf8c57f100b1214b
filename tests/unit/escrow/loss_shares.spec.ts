import { test } from '@japa/runner'
import fc from 'fast-check'
import { Money, sumOf } from '#ledger/money'
import { shareLoss, type Takeable } from '#escrow/chargebacks/loss_shares'

const usd = (minor: bigint | number) => Money.of(BigInt(minor), 'USD')
const cents = fc.bigInt({ min: 0n, max: 1_000_000n })

const takeable: fc.Arbitrary<Takeable> = fc
  .record({
    held: fc.array(cents, { maxLength: 4 }),
    owedBack: cents,
    released: cents,
    bps: fc.integer({ min: 0, max: 10_000 }),
  })
  .map(({ held, owedBack, released, bps }) => {
    const fee = usd(released).basisPoints(bps)
    return {
      escrow: held.map((minor, index) => ({ milestoneId: String(index), held: usd(minor) })),
      owedBack: usd(owedBack),
      released: { net: usd(released).subtract(fee), fee },
      taken: { net: usd(0), fee: usd(0) },
    }
  })

test.group('The shares of a loss', () => {
  test('add up to it, and nobody bears more than they have', () => {
    fc.assert(
      fc.property(cents, takeable, (minor, from) => {
        const shares = shareLoss(usd(minor), from)
        const escrow = sumOf(
          shares.escrow.map(({ amount }) => amount),
          'USD'
        )
        const parts = [escrow, shares.owedBack, shares.freelancer, shares.platform, shares.ours]
        const { net, fee } = from.released
        return (
          sumOf(parts, 'USD').minor === minor &&
          parts.every(({ minor: part }) => part >= 0n) &&
          shares.escrow.every(({ milestoneId, amount }) => {
            const { held } = from.escrow.find((one) => one.milestoneId === milestoneId)!
            return amount.compare(held) <= 0
          }) &&
          shares.freelancer.compare(net) <= 0 &&
          shares.platform.compare(fee) <= 0 &&
          // Nothing is ours while there is something else to take it from.
          (shares.ours.isZero ||
            (shares.freelancer.equals(net) &&
              shares.platform.equals(fee) &&
              shares.owedBack.equals(from.owedBack)))
        )
      })
    )
  })

  test('of several losses of what was released add up to those of one', () => {
    fc.assert(
      fc.property(fc.array(cents, { minLength: 1, maxLength: 5 }), takeable, (losses, from) => {
        const only = { ...from, escrow: [], owedBack: usd(0) }
        const whole = shareLoss(usd(losses.reduce((sum, minor) => sum + minor, 0n)), only)
        let { taken } = only
        let ours = usd(0)
        for (const minor of losses) {
          const shares = shareLoss(usd(minor), { ...only, taken })
          taken = { net: taken.net.add(shares.freelancer), fee: taken.fee.add(shares.platform) }
          ours = ours.add(shares.ours)
        }
        return (
          taken.net.equals(whole.freelancer) &&
          taken.fee.equals(whole.platform) &&
          ours.equals(whole.ours)
        )
      })
    )
  })

  test('go by milestone order first, and give a remainder to the freelancer', ({ assert }) => {
    const shares = shareLoss(usd(1000), {
      escrow: [
        { milestoneId: 'a', held: usd(300) },
        { milestoneId: 'b', held: usd(0) },
        { milestoneId: 'c', held: usd(400) },
      ],
      owedBack: usd(100),
      released: { net: usd(900), fee: usd(100) },
      taken: { net: usd(0), fee: usd(0) },
    })
    assert.deepEqual(
      shares.escrow.map(({ milestoneId, amount }) => [milestoneId, amount.minor]),
      [
        ['a', 300n],
        ['c', 400n],
      ]
    )
    assert.equal(shares.owedBack.minor, 100n)
    assert.deepEqual([shares.freelancer.minor, shares.platform.minor], [180n, 20n])
    const cent = shareLoss(usd(1), {
      escrow: [],
      owedBack: usd(0),
      released: { net: usd(900), fee: usd(100) },
      taken: { net: usd(0), fee: usd(0) },
    })
    assert.deepEqual([cent.freelancer.minor, cent.platform.minor], [0n, 1n])
  })
})

import type Stripe from 'stripe'
import { endpoint } from '../endpoint.js'
import { currency, string } from '../fields.js'
import { dated, listOf } from '../lists.js'
import type { World } from '../world.js'

/** What an account has, by currency. US dollars are there even when there are none. */
export function balanceOf(world: World, owner: string): Stripe.Balance {
  const sums = world.ledger.balances(owner)
  if (!sums.some((each) => each.currency === 'usd')) {
    sums.push({ currency: 'usd', available: 0, pending: 0 })
  }
  const amounts = (which: 'available' | 'pending') =>
    sums.map((sum) => ({
      amount: sum[which],
      currency: sum.currency,
      source_types: { card: sum[which] },
    }))
  return {
    object: 'balance',
    available: amounts('available'),
    livemode: false,
    pending: amounts('pending'),
  }
}

export const balanceEndpoints = [
  endpoint('GET', '/v1/balance', {}, ({ world, owner }) => balanceOf(world, owner)),
  endpoint('GET', '/v1/balance_transactions/{id}', {}, ({ world, path, owner }) => {
    return world.find('balance_transaction', path.id, owner).data
  }),
  endpoint(
    'GET',
    '/v1/balance_transactions',
    { ...dated, currency, payout: string, source: string, type: string },
    (call) => {
      const { currency: code, payout, source, type } = call.params
      if (payout !== undefined) call.world.find('payout', payout, call.owner, 'payout')
      return listOf('balance_transaction', call, '/v1/balance_transactions', (data, { hidden }) => {
        return (
          (code === undefined || data.currency === code) &&
          (payout === undefined || hidden.payout === payout) &&
          (source === undefined || data.source === source) &&
          (type === undefined || data.type === type)
        )
      })
    }
  ),
]

import type { ProviderMovement } from '#payments/provider'

/**
 * Of all objects that carry a transaction's id, the one that tells its outcome: what moved money, by
 * whichever key, also if it came back since; else what the current key made. A failure of an *earlier*
 * attempt says nothing about the current one, which may still be under way.
 *
 * @param key the current attempt's; without it the last failure counts
 */
export function outcomeOf(found: ProviderMovement[], key?: string): ProviderMovement | undefined {
  const order = ['succeeded', 'pending', 'returned', 'failed']
  return found
    .filter(({ state, key: made }) => state !== 'failed' || key === undefined || made === key)
    .sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state))[0]
}

import type { ProviderMovement } from '#payments/provider'

/**
 * Of all objects that carry a transaction's id, the one that tells its outcome: what moved money, by
 * whichever key; else what the current key made. A failure of an *earlier* attempt says nothing about
 * the current one, which may still be under way.
 *
 * @param key the current attempt's; without it the last failure counts
 */
export function outcomeOf(
  found: { movement: ProviderMovement; key?: string }[],
  key?: string
): ProviderMovement | undefined {
  const order = ['succeeded', 'pending', 'returned', 'failed']
  return found
    .filter(({ movement, key: made }) => {
      const moving = movement.state === 'succeeded' || movement.state === 'pending'
      return moving || key === undefined || made === key
    })
    .map(({ movement }) => movement)
    .sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state))[0]
}

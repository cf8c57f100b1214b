import { sandbox } from '#tests/support/sandbox'

/**
 * Pays all, or so much, of the platform's balance at Stripe out to its bank.
 *
 * @param cents
 * @returns what Stripe calls it
 */
export async function withdraw(cents = sandbox.available()): Promise<string> {
  const answer = await fetch(`${sandbox.url}/v1/payouts`, {
    method: 'POST',
    headers: {
      'authorization': 'Bearer sk_test_local',
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ amount: String(cents), currency: 'usd' }),
  })
  const payout = (await answer.json()) as { id: string }
  if (!answer.ok) throw new Error(JSON.stringify(payout))
  return payout.id
}

import env from '#start/env'
import type { Rail } from '#models/transaction'

type Data = Record<string, any>

/** Where the stand-in of a rail is. @throws Error if the rail is not played by one */
function addressOf(rail: Rail): string {
  const address = env.get(rail === 'stripe' ? 'STRIPE_API_BASE' : 'PAYPAL_API_BASE')
  if (address) return address
  throw new Error(`The demo needs the stand-in for ${rail}: start it by npm run demo or dev.`)
}

/** Has a stand-in do what only the outside world does: a payer pays, a bank decides, time passes. */
export async function happen(rail: Rail, what: string, body: Data = {}): Promise<Data> {
  const answer = await fetch(`${addressOf(rail)}/_sandbox/${what}`, {
    method: 'POST',
    body: JSON.stringify(body),
  })
  const said = await answer.text()
  if (answer.ok) return JSON.parse(said)
  throw new Error(`The stand-in for ${rail} refused ${what}: ${said}`)
}

/** The stand-in's own time, in milliseconds. */
async function timeAt(rail: Rail): Promise<number> {
  const answer = await fetch(`${addressOf(rail)}/_sandbox/clock`)
  return ((await answer.json()) as { now: number }).now
}

/** Sets a stand-in's clock. What has become due until then happens. */
export async function setClock(rail: Rail, time: Date): Promise<void> {
  await happen(rail, 'advance', { ms: time.getTime() - (await timeAt(rail)) })
}

/** A freelancer fills in the page that their provider asked them to. */
export async function submitPage(url: string): Promise<void> {
  const answer = await fetch(url, { method: 'POST', redirect: 'manual' })
  await answer.arrayBuffer()
  if (answer.status !== 303) throw new Error(`The page ${url} was answered ${answer.status}.`)
}

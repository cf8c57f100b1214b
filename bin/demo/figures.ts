import { Money, sumOf } from '#ledger/money'
import { ace } from '../surroundings/processes.js'
import type { Surroundings } from '../surroundings/start.js'
import type { Data } from './api.js'
import { readLedger, type LedgerFigures } from './journal.js'
import type { Played } from './main_job.js'

/** The last line of the demo. Amounts are those of this run's project; the imbalance is the ledger's. */
export interface Summary {
  ok: boolean
  steps: number
  deposited: string
  paid_out: string
  platform_fee: string
  refunded: string
  escrow_held: string
  ledger_imbalance: string
}

const CURRENCY = 'USD'

/**
 * Adds a played project up from what the API tells its two parties, and checks that against the
 * ledger and the ledger against itself. Prints what does not fit.
 */
export async function addUp(
  surroundings: Surroundings,
  { client, freelancer, projectId }: Played,
  steps: number
): Promise<{ summary: Summary; ledger: LedgerFigures }> {
  const escrow = await client.api.get(`payments/escrow/${projectId}`)
  const transactions = (await client.api.get('payments/transactions?limit=100')) as Data[]
  const payouts = (await freelancer.api.get('payments/payouts')) as Data[]
  const project = await client.api.get(`projects/${projectId}`)
  const ledger = await readLedger(surroundings.databaseUrl, projectId)

  const completed = (rows: Data[], type?: string) =>
    sumOf(
      rows
        .filter((row) => row.status === 'completed' && (!type || row.transaction_type === type))
        .map(({ amount, currency }) => Money.parse(amount, currency)),
      CURRENCY
    )
  const deposited = completed(transactions, 'deposit')
  const refunded = completed(transactions, 'refund')
  const paidOut = completed(payouts)
  const platformFee = Money.of(ledger.platformFee, CURRENCY)
  const held = Money.parse(escrow.balance, CURRENCY)

  const broken: string[] = []
  const mustBe = (what: string, actual: unknown, expected: unknown) => {
    if (String(actual) !== String(expected)) broken.push(`${what} is ${actual}, not ${expected}`)
  }
  mustBe('the project', project.status, 'completed')
  mustBe('what came in', deposited, paidOut.add(platformFee).add(refunded).add(held))
  mustBe('the escrow account: deposited', escrow.total_deposited, deposited.toDecimal())
  mustBe('the escrow account: refunded', escrow.total_refunded, refunded.toDecimal())
  mustBe(
    'the escrow account: released',
    escrow.total_released,
    paidOut.add(platformFee).toDecimal()
  )
  mustBe('the ledger: deposited', ledger.deposited, deposited.minor)
  mustBe('the ledger: paid out', ledger.paidOut, paidOut.minor)
  mustBe('the ledger: refunded', ledger.refunded, refunded.minor)
  mustBe('the ledger: held', ledger.held, held.minor)
  mustBe('held money', held, Money.zero(CURRENCY))
  mustBe('the sum of all debits less all credits', ledger.imbalance, 0n)
  if (!deposited.isPositive || !paidOut.isPositive || !refunded.isPositive) {
    broken.push('not all of the money moved')
  }
  try {
    await surroundings.processes.run('reconcile', ace('reconcile:ledger', '--json'))
  } catch (error) {
    broken.push(`reconcile:ledger found a break: ${(error as Error).message}`)
  }
  for (const line of broken) console.error(`BROKEN: ${line}`)

  const summary = {
    ok: broken.length === 0,
    steps,
    deposited: deposited.toDecimal(),
    paid_out: paidOut.toDecimal(),
    platform_fee: platformFee.toDecimal(),
    refunded: refunded.toDecimal(),
    escrow_held: held.toDecimal(),
    ledger_imbalance: String(ledger.imbalance),
  }
  return { summary, ledger }
}

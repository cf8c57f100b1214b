import db from '@adonisjs/lucid/services/db'
import { debtsOf, type Debt } from '#escrow/chargebacks/debts'

/** Every debt of which something is still owed, by freelancer and age. */
export async function openDebts(): Promise<(Debt & { userId: string })[]> {
  const owing = await db
    .from('ledger_accounts')
    .where('kind', 'freelancer_receivable')
    .where('balance', '>', 0)
    .orderBy('id')
    .select('name', 'currency')
  const debts: (Debt & { userId: string })[] = []
  for (const { name, currency } of owing) {
    const userId = name.slice(name.indexOf(':') + 1)
    const own = await debtsOf(db, userId, currency)
    debts.push(
      ...own
        .filter(({ outstanding }) => outstanding.isPositive)
        .map((debt) => ({ ...debt, userId }))
    )
  }
  return debts
}

import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type PayoutAccount from '#models/payout_account'
import type { NotificationData } from '#notifications/catalogue'
import { notify } from '#notifications/notify'

type Kind = 'payout_account.added' | 'payout_account.made_default' | 'payout_account.removed'

type More<K extends Kind> = Omit<
  NotificationData<K>,
  keyof NotificationData<'payout_account.made_default'>
>

/**
 * Tells the owner of an account what became of it, by a mail that cannot be switched off: where money goes
 * is what a thief of an access token would change.
 */
export async function tellOfAccount<K extends Kind>(
  trx: TransactionClientContract,
  account: PayoutAccount,
  kind: K,
  more: More<K>
): Promise<void> {
  const { userId, id, paymentProvider, country, destination } = account
  const data = {
    payout_account_id: id,
    payment_provider: paymentProvider,
    country: country.trim(),
    // What Stripe made has an id there, which says nothing to people.
    destination: paymentProvider === 'stripe' ? '' : destination,
    ...more,
  }
  await notify(trx, { userId, kind, data: data as unknown as NotificationData<K> })
}

/** As staff look for payouts that came back, and of which nothing is left to be sent again. */
export const RETURNED_AND_SETTLED = 'returned_and_settled'

/**
 * To be joined as `back`: what became of a payout that came back, `repaid` and `left_over`, in minor units.
 * What is left is what `repayReturned` would send: what was not sent again yet, as far as it is still
 * payable and on no other payout. The rest went into a debt, which is settled at once.
 *
 * @param payout alias of the payout's row, and of its transaction's
 */
export function whatCameBack(payout: string, transaction: string): string {
  return `
  LEFT JOIN LATERAL (
    SELECT again.repaid,
           greatest(least(${payout}.returned_amount - again.repaid, free.amount), 0)::bigint AS left_over
      FROM (SELECT coalesce(sum(rt.amount), 0)::bigint AS repaid
              FROM payouts rp JOIN transactions rt ON rt.id = rp.transaction_id
             WHERE rp.repays_id = ${payout}.transaction_id AND rp.state <> 'cancelled') again,
           (SELECT coalesce((SELECT fa.balance FROM ledger_accounts fa
                              WHERE fa.name = 'payable:' || ${payout}.user_id AND fa.currency = ${transaction}.currency), 0)
                 - coalesce(sum(ft.amount), 0) AS amount
              FROM payouts fp JOIN transactions ft ON ft.id = fp.transaction_id
             WHERE fp.user_id = ${payout}.user_id AND ft.currency = ${transaction}.currency
               AND ft.status = 'pending' AND fp.state IN ('waiting', 'failed')) free
     WHERE ${payout}.state = 'returned') back ON true`
}

import { inTransaction } from '#database/transaction'
import { recordTreasury } from '#escrow/record_treasury'
import { Money } from '#ledger/money'
import { offeredRails } from '#payments/registry'
import { OPERATOR } from '#tests/support/operator'

/** Books the floats that the stand-ins begin with: now our books have what the providers have. */
export async function bookedFloats(): Promise<void> {
  const amount = Money.parse('100000.00', 'USD')
  for (const rail of offeredRails()) {
    await inTransaction((trx) =>
      recordTreasury(trx, { kind: 'opening_float', rail, amount, reference: 'float' }, OPERATOR)
    )
  }
}

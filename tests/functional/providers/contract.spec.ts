import { RAILS_UNDER_TEST } from '#tests/support/rails'
import { balance } from './cases/balance.js'
import { deposits } from './cases/deposits.js'
import { disputes } from './cases/disputes.js'
import { failures } from './cases/failures.js'
import { lookups } from './cases/lookups.js'
import { movements } from './cases/movements.js'
import { recipients } from './cases/recipients.js'
import { webhooks } from './cases/webhooks.js'

/**
 * What app/payments/provider.ts promises, sentence by sentence, of every provider that there is: each with
 * its real SDK against its stand-in, and told apart by nothing but the contract's own members. A new
 * provider is done when it is in this list and green.
 */
for (const rail of RAILS_UNDER_TEST) {
  for (const cases of [
    deposits,
    movements,
    lookups,
    failures,
    recipients,
    webhooks,
    balance,
    disputes,
  ]) {
    cases(rail)
  }
}

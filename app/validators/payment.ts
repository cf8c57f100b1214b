import vine from '@vinejs/vine'
import { text, url } from '#validators/text'
import { PAYMENT_PROVIDERS, TRANSACTION_STATUSES, TRANSACTION_TYPES } from '#models/transaction'
import { pageFields } from '#transformers/page'
import { anyMoment } from '#validators/moment'
import { amount, amountOrAll, currency } from '#validators/money'

/** An id that is no UUID names nothing: the look-up answers 404, the same as for any other. */
const id = () => vine.string().trim().maxLength(64)

export const depositValidator = vine.create(
  vine.object({
    milestone_ids: vine.array(id()).distinct().minLength(1).maxLength(50),
    payment_provider: vine.enum(PAYMENT_PROVIDERS),
    method: vine.enum(['payment_element', 'checkout']).optional(),
    return_url: url().optional().requiredWhen('method', '=', 'checkout'),
  })
)

export const releaseValidator = vine.create(
  vine.object({ milestone_id: id(), amount: amountOrAll() })
)

export const refundValidator = vine.create(
  vine.object({
    milestone_id: id(),
    amount: amountOrAll(),
    reason: text(2000),
  })
)

/** Either milestones, or an amount for what does not exist yet. */
export const quoteValidator = vine.create(
  vine.object({
    milestone_ids: vine
      .array(id())
      .distinct()
      .minLength(1)
      .maxLength(50)
      .optional()
      .requiredIfMissing('amount'),
    amount: amount().optional(),
    currency: currency().optional(),
  })
)

export const listTransactionsValidator = vine.create(
  vine.object({
    ...pageFields,
    project_id: id().optional(),
    milestone_id: id().optional(),
    transaction_type: vine.enum(TRANSACTION_TYPES).optional(),
    status: vine.enum(TRANSACTION_STATUSES).optional(),
  })
)

export const listRefundsValidator = vine.create(
  vine.object({ ...pageFields, milestone_id: id().optional() })
)

/** Half-open: from the first moment on, and before the second. */
export const statementValidator = vine.create(vine.object({ from: anyMoment(), to: anyMoment() }))

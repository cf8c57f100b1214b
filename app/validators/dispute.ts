import vine from '@vinejs/vine'
import { DISPUTE_STATUSES } from '#models/dispute'
import { pageFields } from '#transformers/page'
import { amount, amountOrAll, currency } from '#validators/money'
import { text } from '#validators/text'

export const openDisputeValidator = vine.create(
  vine.object({
    reason: text(10_000),
    asked_amount: amountOrAll(),
    currency: currency().optional(),
  })
)

/** Of an answer, and of any other message. */
export const disputeMessageValidator = vine.create(vine.object({ body: text(10_000) }))

export const offerValidator = vine.create(
  vine.object({
    to_freelancer: amount(),
    to_client: amount().optional(),
    currency: currency().optional(),
    note: text(2000).optional(),
  })
)

export const listDisputesValidator = vine.create(
  vine.object({
    ...pageFields,
    status: vine.enum(DISPUTE_STATUSES).optional(),
    milestone_id: vine.string().trim().maxLength(64).optional(),
  })
)

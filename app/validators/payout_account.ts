import vine from '@vinejs/vine'
import { country } from '#validators/country'
import { url } from '#validators/text'
import { PAYMENT_PROVIDERS } from '#models/transaction'

export const addPayoutAccountValidator = vine.create(
  vine.object({
    payment_provider: vine.enum(PAYMENT_PROVIDERS),
    /** Where the freelancer's bank account is; Stripe must be told, and never lets it be changed. */
    country: country().optional(),
    /** Where PayPal or Venmo send the money: an e-mail address, or a US phone number for Venmo. */
    destination: vine.string().trim().minLength(1).maxLength(254).optional(),
  })
)

/** There is always one default: another one takes its place, nothing unmakes it. */
export const editPayoutAccountValidator = vine.create(
  vine.object({ is_default: vine.literal(true) })
)

export const onboardingLinkValidator = vine.create(
  vine.object({ return_url: url().optional(), refresh_url: url().optional() })
)

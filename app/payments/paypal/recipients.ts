import { Problem, unprocessable } from '#exceptions/problem'
import type { Provider, RecipientState } from '#payments/provider'

/** What PayPal takes for a receiver, in characters. */
const LONGEST_ADDRESS = 127

/** One @, something on both sides, a dot behind it. Whether it exists, only the payout tells. */
const EMAIL = /^[^\s@<>"(),:;\\[\]]+@[^\s@<>"(),:;\\[\]]+\.[^\s@<>"(),:;\\[\]]+$/

/** A number in the United States: no area code or exchange begins with 0 or 1. */
const US_PHONE = /^(?:\+?1)?([2-9]\d{2}[2-9]\d{6})$/

/** PayPal finds an account by its e-mail address, whatever its case. @throws Problem 422 */
export function paypalDestination(destination: string): string {
  const address = destination.trim().toLowerCase()
  if (isEmail(address)) return address
  throw unprocessable('destination', 'email', 'Give the e-mail address of your PayPal account.')
}

/**
 * Venmo finds an account by its phone number, brought into the form `+12125550123`, or its e-mail address.
 *
 * @throws Problem 422
 */
export function venmoDestination(destination: string, country: string): string {
  if (country !== 'US') {
    throw unprocessable('destination', 'country', 'Venmo pays accounts in the United States only.')
  }
  const address = destination.trim().toLowerCase()
  if (isEmail(address)) return address
  const [, national] = US_PHONE.exec(address.replace(/[\s().-]/g, '')) ?? []
  if (national) return `+1${national}`
  throw unprocessable(
    'destination',
    'venmo',
    'Give the US phone number or the e-mail address of your Venmo account.'
  )
}

/** Nothing is made at PayPal: an address can be paid at once, and whoever owns it claims the money. */
export const recipients = {
  async onboardRecipient({ payoutAccountId, destination }) {
    if (!destination) {
      throw unprocessable('destination', 'required', 'Say where the money is to be sent.')
    }
    return { ...known(destination), payoutAccountId }
  },
  getRecipient: async (destination) => known(destination),
  /** There is nothing at PayPal to be found, and nothing that could come about twice. */
  findRecipient: async () => undefined,
  async onboardingLink() {
    throw new Problem('This payout account needs no set-up at the provider.', {
      code: 'no_onboarding',
      status: 409,
    })
  },
  /** What recipients do with their balance is between them and PayPal. */
  getRecipientPayout: async () => undefined,
} satisfies Partial<Provider>

function known(destination: string): RecipientState {
  return { destination, payoutAccountId: '', status: 'enabled', requirements: [] }
}

function isEmail(address: string): boolean {
  return address.length <= LONGEST_ADDRESS && EMAIL.test(address)
}

import { unprocessable } from '#exceptions/problem'
import { findCardNumber } from '#validators/card_number'

/** Stored as a hash, if at all. To refuse one would tell that it looks like a card's number. */
const NOT_KEPT = /password$/

const MESSAGE =
  'This looks like the number of a payment card. Never send card data here: it is entered at the payment provider only. If it is another number, leave some digits out.'

/**
 * @param input text, or anything that JSON can say; what is named like a password is not looked at
 * @param field of the request; of what is nested, the path to it
 * @throws Problem 422 for the first field that has the number of a payment card in it, which it does not repeat
 */
export function refuseCardNumber(input: unknown, field = ''): void {
  if (typeof input === 'string' || typeof input === 'number') {
    if (findCardNumber(String(input))) throw unprocessable(field, 'cardData', MESSAGE)
  } else if (typeof input === 'object' && input !== null) {
    for (const [name, value] of Object.entries(input)) {
      const path = field ? `${field}.${name}` : name
      // A field that is called like one is not named in the answer.
      if (findCardNumber(name)) throw unprocessable(field, 'cardData', MESSAGE)
      if (!NOT_KEPT.test(name)) refuseCardNumber(value, path)
    }
  }
}

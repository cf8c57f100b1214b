import cards from 'card-validator'

// Visa has issued shorter ones, which the package does not know of any more; test numbers are among them.
cards.creditCardType.updateCard('visa', { lengths: [13, 16, 18, 19] })

/** Shortest and longest that any network issues. */
const SHORTEST = 13
const LONGEST = 19

/** In one row of groups, with the right check digit. */
const MOST_CANDIDATES = 200

/** No phone number is longer, with its country (E.164). */
const LONGEST_PHONE = 15

/** Ids of records: a part of one may look like anything. */
const UUID = /[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/gi

const IBAN = /\b[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?\b/g

/** Digits in groups, as people write them, and not in the middle of a word or a longer number. */
const DIGITS = /(?<![\p{L}\p{N}_]|\p{N}[.,])\d+(?:[ \-\u2010-\u2015]\d+)*(?![\p{L}\p{N}_])/gu

/**
 * Finds what is a payment card's number (PAN): 13 to 19 digits, in one piece or in groups with blanks or hyphens
 * between, of a length and with a beginning that a card network has (`card-validator`), and with the right
 * check digit (Luhn). None is what stands in an id, in a valid IBAN, or behind a `+` as a phone number does.
 * Of all other numbers of that length and beginning, one of ten passes for one.
 *
 * @returns the first, as it is written, or undefined
 */
export function findCardNumber(text: string): string | undefined {
  // What cannot hold one is most of what is asked about.
  if (!/(?:\p{N}[^\p{L}\p{N}]{0,4}){13}/u.test(text)) return undefined
  const plain = text
    .normalize('NFKC')
    .replaceAll(/[\u200B-\u200F\u2060\uFEFF]/g, '')
    .replaceAll(UUID, 'id')
    .replaceAll(IBAN, (iban) => (isIban(iban) ? 'iban' : iban))
  for (const { 0: digits, index } of plain.matchAll(DIGITS)) {
    const found = cardAmong(digits, plain[index - 1] === '+')
    if (found) return found
  }
  return undefined
}

/** The text without any card number, for what is written down for other reasons. */
export function withoutCardNumbers(text: string): string {
  let clean = text
  for (let found = findCardNumber(clean); found; found = findCardNumber(clean)) {
    // Found as it is normalised: what is written in another way is left out whole.
    if (!clean.includes(found)) return '[card number]'
    clean = clean.replaceAll(found, '[card number]')
  }
  return clean
}

/**
 * Each row of groups, for what follows may be an expiry date, and what comes before anything. A text with very
 * many that could be one is taken for one: nobody writes it, and looking at all would take long.
 */
function cardAmong(written: string, afterPlus: boolean): string | undefined {
  const digits = written.replaceAll(/\D/g, '')
  if (afterPlus && digits.length <= LONGEST_PHONE) return undefined
  /** Of each group, where it begins in `digits`; then where the last one ends. */
  const starts = startsOfGroups(written)
  let candidates = 0
  for (let first = 0; first < starts.length - 1; first++) {
    const from = starts[first]
    for (let last = first + 1; last < starts.length; last++) {
      const to = starts[last]
      if (to - from > LONGEST) break
      if (to - from < SHORTEST || !hasCheckDigit(digits, from, to)) continue
      candidates++
      if (candidates > MOST_CANDIDATES || isCard(digits.slice(from, to))) {
        return asWritten(written, from, to)
      }
    }
  }
  return undefined
}

const isDigit = (text: string, at: number) => text.charCodeAt(at) >= 48 && text.charCodeAt(at) <= 57

function startsOfGroups(written: string): number[] {
  const starts: number[] = []
  let digits = 0
  for (let at = 0; at < written.length; at++) {
    if (!isDigit(written, at)) continue
    if (at === 0 || !isDigit(written, at - 1)) starts.push(digits)
    digits++
  }
  return [...starts, digits]
}

/** From one digit to before another, with what stands between. */
function asWritten(written: string, from: number, to: number): string {
  const places = [...written.matchAll(/\d/g)].map(({ index }) => index)
  return written.slice(places[from], places[to - 1] + 1)
}

/** Luhn's, of the digits from one place to before another. The package computes it, too, and much else. */
function hasCheckDigit(digits: string, from: number, to: number): boolean {
  let sum = 0
  for (let place = to - 1; place >= from; place--) {
    const digit = digits.charCodeAt(place) - 48
    const doubled = (to - place) % 2 === 0 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}

/** The package leaves the check digit of one network out, where nearly all of its cards have one. */
const isCard = (number: string) => cards.number(number, { luhnValidateUnionPay: true }).isValid

/** By its check digits (ISO 7064, mod 97). */
function isIban(text: string): boolean {
  const iban = text.replaceAll(' ', '')
  const turned = iban.slice(4) + iban.slice(0, 4)
  const number = turned.replaceAll(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55))
  return iban.length >= 15 && BigInt(number) % 97n === 1n
}

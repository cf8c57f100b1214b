import cards from 'card-validator'

// Visa has issued shorter ones, which the package does not know of any more; test numbers are among them.
cards.creditCardType.updateCard('visa', { lengths: [13, 16, 18, 19] })

/** Shortest and longest that any network issues. */
const SHORTEST = 13
const LONGEST = 19

/** With the right check digit. A text with more is taken for one with a card: looking at all would take long. */
const MOST_CANDIDATES = 1000

/** No phone number is longer, with its country (E.164). */
const LONGEST_PHONE = 15

/** Ids of records: a part of one may look like anything. */
const UUID = /[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/gi

const IBAN = /\b[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?\b/g

/** How cards are printed, or typed from them. Rows of shorter numbers are no cards. */
const GROUPS = [
  ...[1, 2, 3].map((last) => [4, 4, 4, 4, last]),
  [4, 4, 4, 4],
  ...[1, 2, 3].map((last) => [4, 4, 4, last]),
  [4, 6, 5],
  [4, 6, 4],
  [4, 8, 4],
  [6, 10],
  [4, 3, 3, 3],
  [4, 4, 5],
  [8, 8],
  [6, 13],
]

/** Between two groups: whatever is no letter and no digit, but for the comma or semicolon and blank of a list. */
const BETWEEN = /^(?![,;]\s)[^\p{L}\p{N}+]{1,5}$/u

/** Neither in the middle of a longer number or an id; but a word may stand straight before or behind. */
const BEFORE = /(?:^|[^\p{L}\p{N}]|(?<![\p{L}\p{N}])\p{L}{2,})(?<!\p{N}[.,])$/iu
const BEHIND = /^(?:$|[^\p{L}\p{N}]|\p{L}{3})/u

interface Group {
  digits: string
  from: number
  to: number
}

/**
 * Finds what is a payment card's number (PAN): 13 to 19 digits of any script, in one piece or in groups as cards
 * have them, of a length and with a beginning that a card network has (`card-validator`), and with the right
 * check digit (Luhn). None is what stands in an id, in a valid IBAN, or behind a `+` as a phone number does.
 * Of all other numbers of that form and beginning, one of ten passes for one.
 *
 * @returns the first, as it is written, or undefined
 */
export function findCardNumber(text: string): string | undefined {
  // What cannot hold one is most of what is asked about.
  if (!/(?:\p{N}[^\p{L}\p{N}]{0,8}){13}/u.test(text)) return undefined
  const plain = text
    .normalize('NFKC')
    .replaceAll(/[\u00AD\u200B-\u200F\u2060\uFEFF]/g, '')
    .replaceAll(/(?!\d)\p{Nd}/gu, asciiDigit)
    .replaceAll(UUID, 'id')
    .replaceAll(IBAN, (iban) => (isIban(iban) ? 'iban' : iban))
  let candidates = 0
  for (const { number, written } of candidatesIn(plain)) {
    if (!hasCheckDigit(number)) continue
    candidates++
    if (candidates > MOST_CANDIDATES || isCard(number)) return written
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

/** Unicode has the digits of a script in a row, from zero to nine. */
function asciiDigit(digit: string): string {
  const code = digit.codePointAt(0)!
  let value = 0
  while (/^\p{Nd}$/u.test(String.fromCodePoint(code - value - 1))) value++
  return String(value % 10)
}

/** Groups of digits with no more between them than a card has. */
function rowsOf(text: string): Group[][] {
  const rows: Group[][] = []
  let end = 0
  for (const { 0: digits, index: from } of text.matchAll(/\d+/g)) {
    const group = { digits, from, to: from + digits.length }
    if (rows.length > 0 && BETWEEN.test(text.slice(end, from))) rows.at(-1)!.push(group)
    else rows.push([group])
    end = group.to
  }
  return rows
}

function* candidatesIn(text: string) {
  for (const row of rowsOf(text)) {
    for (const first of row.keys()) {
      for (const count of countsAt(row, first)) {
        const groups = row.slice(first, first + count)
        const number = groups.map(({ digits }) => digits).join('')
        const [from, to] = [groups[0].from, groups[count - 1].to]
        if (isPhone(text, from, number) || !standsAlone(text, from, to)) continue
        yield { number, written: text.slice(from, to) }
      }
    }
  }
}

/** @returns how many groups from this one on may be a card's */
function countsAt(row: Group[], first: number): number[] {
  const length = (at: number) => row[at]?.digits.length
  if (length(first) >= SHORTEST) return length(first) <= LONGEST ? [1] : []
  const fitting = GROUPS.filter((lengths) => lengths.every((each, n) => length(first + n) === each))
  return fitting
    .filter((lengths) => {
      // In a column of numbers all of one length, only the outermost: any four of them would do. A date before
      // a card and a code behind it make no column.
      const next = first + lengths.length
      if (length(first - 2) !== lengths[0] && length(next + 1) !== lengths.at(-1)) return true
      return length(first - 1) !== lengths[0] || length(next) !== lengths.at(-1)
    })
    .map((lengths) => lengths.length)
}

const isPhone = (text: string, from: number, number: string) =>
  text[from - 1] === '+' && number.length <= LONGEST_PHONE

const standsAlone = (text: string, from: number, to: number) =>
  BEFORE.test(text.slice(Math.max(0, from - 24), from)) && BEHIND.test(text.slice(to, to + 6))

/** Luhn's. The package computes it, too, and much else. */
function hasCheckDigit(number: string): boolean {
  let sum = 0
  for (let place = 0; place < number.length; place++) {
    const digit = number.charCodeAt(number.length - 1 - place) - 48
    const doubled = place % 2 === 1 ? digit * 2 : digit
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

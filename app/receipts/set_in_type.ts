import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { buffer } from 'node:stream/consumers'
// @ts-expect-error It has no types.
import { create } from 'fontkit'
import PDFDocument from 'pdfkit'
import type { Money } from '#ledger/money'
import type { Line, Receipt, ReceiptKind } from '#receipts/read_receipt'

const TITLES: Record<ReceiptKind, string> = {
  deposit: 'Deposit receipt',
  release: 'Release receipt',
  payout: 'Payout receipt',
  refund: 'Refund receipt',
}

const DISCLAIMER =
  'This is a receipt for a movement of money and not a tax invoice. All times are UTC.'

/** Points. A4 is 595 by 842. */
const MARGIN = 56
const WIDTH = 595.28 - 2 * MARGIN
const BOTTOM = 841.89 - MARGIN - 34
const GAP = 16
/** Where values begin beside their labels. */
const VALUES = 130
/** Kept free for amounts beside what they are for: `-99999999.99 USD` in bold. */
const AMOUNTS = 150

const INK = '#1c2430'
const FAINT = '#5b6675'
const RULE = '#d5dae1'

const require = createRequire(import.meta.url)

/** DejaVu has Latin, Greek, Cyrillic and more, and may be embedded. */
const FONTS = { text: 'DejaVuSans.ttf', bold: 'DejaVuSans-Bold.ttf', mono: 'DejaVuSansMono.ttf' }
type Font = keyof typeof FONTS
const parsed = new Map<Font, object>()

/**
 * A font for one document. Reading a file for each takes longer than all the rest, so its tables are shared; what it
 * remembers of glyphs is not, because that holds the texts in which they came up first.
 */
function fontOf(font: Font): PDFKit.Mixins.PDFFontSource {
  let shared: object | undefined = parsed.get(font)
  if (!shared) {
    const file = require.resolve(`dejavu-fonts-ttf/ttf/${FONTS[font]}`)
    shared = create(readFileSync(file)) as object
    parsed.set(font, shared)
  }
  return Object.create(shared, { _glyphs: { value: {} } })
}

/**
 * Sets a receipt in type: A4, as many pages as it needs. The same receipt gives the same bytes: nothing in
 * the file depends on when or where it was made.
 *
 * There are words at which the shaping of type fails, and people may call themselves so. Theirs must not cost
 * anybody a receipt: such a text is set plainly, with `?` for what is not sure to work.
 */
export async function setInType(receipt: Receipt): Promise<Buffer> {
  const failing = new Set<string>()
  const asWritten = (text: string) => !failing.has(text)
  // The first time to find all that fail, each of which has spoilt the sheet; the second time without them.
  for (let time = 1; time <= 2; time++) {
    const known = failing.size
    const bytes = await attempt(receipt, asWritten, (text) => failing.add(text)).catch(() => null)
    if (bytes && failing.size === known) return bytes
  }
  return attempt(receipt, () => false)
}

/**
 * @param asWritten whether a text may be set as it is; else plainly
 * @param onFailure told of a text that cannot be, which is then set plainly, on a sheet that is of no use; if
 *   there is none, the failure is thrown
 */
async function attempt(
  receipt: Receipt,
  asWritten: (text: string) => boolean,
  onFailure?: (text: string) => void
): Promise<Buffer> {
  const title = `${TITLES[receipt.kind]} ${receipt.number}`
  const doc = new PDFDocument({
    size: 'A4',
    margin: MARGIN,
    bufferPages: true,
    lang: 'en',
    displayTitle: true,
    pdfVersion: '1.7',
    info: {
      Title: title,
      Author: 'SafeSend',
      Subject: `Transaction ${receipt.transactionId}`,
      Creator: 'SafeSend',
      Producer: 'SafeSend',
      CreationDate: receipt.completedAt,
    },
    // Without it, the first page would have a standard font that is embedded nowhere.
    font: null as never,
  })
  const bytes = buffer(doc)
  for (const font of Object.keys(FONTS) as Font[]) doc.registerFont(font, fontOf(font))
  const sheet = new Sheet(doc, (text, set) => {
    if (!asWritten(text)) return set(plain(text))
    try {
      return set(printable(text))
    } catch (error) {
      if (!onFailure) throw error
      onFailure(text)
      return set(plain(text))
    }
  })
  sheet.head(TITLES[receipt.kind], receipt)
  sheet.parties(receipt.from, receipt.to)
  sheet.heading('Project')
  sheet.paragraph(receipt.project.title)
  sheet.heading('Amounts')
  for (const part of receipt.parts) sheet.amount(part)
  sheet.rule()
  for (const [index, total] of receipt.totals.entries()) {
    sheet.amount(total, index === receipt.totals.length - 1 ? 'bold' : 'text')
  }
  sheet.heading('Payment')
  for (const line of receipt.payment) sheet.line(line)
  sheet.heading('References')
  for (const line of receipt.references) sheet.line(line, 'mono')
  sheet.space(GAP)
  sheet.paragraph(receipt.note, FAINT)
  sheet.footers(receipt.number)
  doc.end()
  return bytes
}

/** A page that goes on to the next when it is full: what belongs on one line stays together. */
class Sheet {
  #y = MARGIN

  /** @param words calls what measures or sets a text with it as it can be set */
  constructor(
    private doc: PDFKit.PDFDocument,
    private words: <T>(text: string, set: (text: string) => T) => T
  ) {}

  head(title: string, { number, completedAt }: Receipt): void {
    this.#write('SafeSend', { font: 'bold', size: 18, x: MARGIN, width: WIDTH / 2 })
    this.#write(title, { size: 13, x: MARGIN + WIDTH / 2, width: WIDTH / 2, align: 'right' })
    this.#y += 30
    this.rule()
    this.space(6)
    this.line({ label: 'Receipt number', value: number }, 'bold')
    this.line({ label: 'Completed', value: atUtc(completedAt) })
  }

  parties(from: Line, to: Line): void {
    this.space(GAP)
    const width = WIDTH / 2 - 12
    const columns = [
      { ...from, x: MARGIN },
      { ...to, x: MARGIN + WIDTH / 2 + 12 },
    ]
    const height = Math.max(...columns.map(({ value }) => this.#heightOf(value, 11, width)))
    this.#room(14 + height)
    for (const { label, x } of columns) {
      this.#write(label, { size: 8.5, colour: FAINT, x, width })
    }
    this.#y += 14
    for (const { value, x } of columns) this.#write(value, { size: 11, x, width })
    this.#y += height
  }

  heading(text: string): void {
    this.space(GAP)
    // Never alone at the end of a page.
    this.#room(48)
    this.#write(text, { font: 'bold', size: 10, x: MARGIN, width: WIDTH })
    this.#y += 18
  }

  paragraph(text: string, colour = INK): void {
    const height = this.#heightOf(text, 9.5, WIDTH)
    this.#room(height)
    this.#write(text, { size: 9.5, colour, x: MARGIN, width: WIDTH })
    this.#y += height
  }

  /** What it is for on the left, as many lines as it takes; the amount on the right. */
  amount({ label, value }: Line<Money>, font: Font = 'text'): void {
    const width = WIDTH - AMOUNTS
    const height = this.#heightOf(label, 9.5, width, font)
    this.#room(height + 5)
    this.#write(label, { font, size: 9.5, x: MARGIN, width })
    this.#write(String(value), {
      font,
      size: 9.5,
      x: MARGIN + width,
      width: AMOUNTS,
      align: 'right',
    })
    this.#y += height + 5
  }

  line({ label, value }: Line, font: Font = 'text'): void {
    const width = WIDTH - VALUES
    const size = font === 'mono' ? 8.5 : 9.5
    const height = this.#heightOf(value, size, width, font)
    this.#room(height + 4)
    this.#write(label, { size: 9.5, colour: FAINT, x: MARGIN, width: VALUES - 8 })
    this.#write(value, { font, size, x: MARGIN + VALUES, width })
    this.#y += height + 4
  }

  rule(): void {
    this.doc
      .moveTo(MARGIN, this.#y + 1)
      .lineTo(MARGIN + WIDTH, this.#y + 1)
      .lineWidth(0.75)
      .strokeColor(RULE)
      .stroke()
    this.#y += 8
  }

  space(points: number): void {
    this.#y += points
  }

  footers(number: string): void {
    const { start, count } = this.doc.bufferedPageRange()
    for (let page = start; page < start + count; page++) {
      this.doc.switchToPage(page)
      // Below the margin, where text would otherwise ask for a page of its own.
      this.doc.page.margins.bottom = 0
      this.#y = 841.89 - MARGIN - 12
      this.rule()
      const small = { size: 7.5, colour: FAINT }
      this.#write(DISCLAIMER, { ...small, x: MARGIN, width: WIDTH - 170 })
      this.#write(`${number} · ${page - start + 1} / ${count}`, {
        ...small,
        x: MARGIN + WIDTH - 170,
        width: 170,
        align: 'right',
      })
    }
  }

  #room(height: number): void {
    if (this.#y + height <= BOTTOM) return
    this.doc.addPage()
    this.#y = MARGIN
  }

  #heightOf(text: string, size: number, width: number, font: Font = 'text'): number {
    this.doc.font(font).fontSize(size)
    return this.words(text, (set) => this.doc.heightOfString(set, { width, lineGap: 1.5 }))
  }

  #write(
    text: string,
    style: {
      x: number
      width: number
      size: number
      font?: Font
      colour?: string
      align?: 'left' | 'right'
    }
  ): void {
    this.doc
      .font(style.font ?? 'text')
      .fontSize(style.size)
      .fillColor(style.colour ?? INK)
    this.words(text, (set) =>
      this.doc.text(set, style.x, this.#y, {
        width: style.width,
        align: style.align ?? 'left',
        lineGap: 1.5,
      })
    )
  }
}

/** `2026-03-14 09:26:53 UTC` */
function atUtc(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/**
 * People's own words on one line: without control characters, without those that have no width, and without
 * those that turn the direction of what follows, which could make an amount read as another. What the font
 * does not have shows as a box.
 */
function printable(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\u061c\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g, '')
}

/** Only letters that stand for themselves, without marks and joiners: Latin, Greek, Cyrillic; else `?`. */
function plain(text: string): string {
  return printable(text)
    .normalize('NFC')
    .replace(/[^ -~\u00a1-\u00ac\u00ae-\u024f\u0370-\u03ff\u0400-\u045f\u2010-\u2026\u20ac]/gu, '?')
}

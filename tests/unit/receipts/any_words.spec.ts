import { test } from '@japa/runner'
import fc from 'fast-check'
import { Money } from '#ledger/money'
import type { Receipt } from '#receipts/read_receipt'
import { setInType } from '#receipts/set_in_type'
import { readPdf } from '#tests/support/pdf'

const SEED = Number(process.env.SEED ?? 1)

/** Where shaping has most to do, or least to go by: first and last code points. */
const RANGES: [number, number][] = [
  [0x20, 0x24f], // Latin
  [0x300, 0x36f], // combining marks
  [0x370, 0x58f], // Greek, Cyrillic, Armenian
  [0x591, 0x8ff], // Hebrew, Arabic, Syriac, Thaana, N'Ko
  [0x900, 0xdff], // the scripts of India
  [0xe00, 0x109f], // Thai, Lao, Tibetan, Myanmar
  [0x1100, 0x11ff], // Jamo
  [0x1200, 0x13ff], // Ethiopic, Cherokee
  [0x1780, 0x18af], // Khmer, Mongolian
  [0x1a00, 0x1cff],
  [0x1dc0, 0x1dff], // more combining marks
  [0x2000, 0x20ff], // joiners, directions, marks for symbols
  [0x2c00, 0x2dff], // Glagolitic, Coptic, Georgian, Tifinagh, Ethiopic
  [0x3000, 0x30ff],
  [0xa800, 0xabff],
  [0xac00, 0xac7f],
  [0xfb00, 0xfdff], // presentation forms
  [0xfe00, 0xfeff], // variation selectors, the byte order mark
  [0x10a00, 0x10a5f],
  [0x11000, 0x110ff],
  [0x1e900, 0x1e95f], // Adlam
  [0x1f1e6, 0x1f6ff],
  [0xe0001, 0xe01ef], // tags, more variation selectors
]

/** Joiners, marks and selectors: what makes one shape of several letters, or fails to. */
const binding = fc.oneof(
  fc.constantFrom(0xad, 0x34f, 0x200c, 0x200d, 0x2060, 0xfe0f, 0x1f3fb, 0xe0061),
  fc.integer({ min: 0x300, max: 0x36f })
)
const letter = fc.oneof(
  ...RANGES.map(([min, max]) => fc.integer({ min, max })),
  fc.constantFrom(0x20, 0x2d, 0xdc, 0x2d36)
)
/** Shaping is known to fail at these, beside some neighbours. */
const known = fc.constantFrom('\u2d36\u034f', '\u2d36\u0306', '\u00dc\u0306')
const any = fc
  .tuple(letter, fc.array(binding, { maxLength: 2 }))
  .map(([first, rest]) => String.fromCodePoint(first, ...rest))
const cluster = fc.oneof({ weight: 40, arbitrary: any }, { weight: 1, arbitrary: known })
const words = fc.array(cluster, { minLength: 1, maxLength: 16 }).map((all) => all.join(''))

const usd = (minor: bigint) => Money.of(minor, 'USD')

function receiptWith(texts: {
  from: string
  to: string
  project: string
  milestones: string[]
  reference: string
}): Receipt {
  return {
    kind: 'deposit',
    number: 'DEP-20260314-0053789942F8',
    transactionId: '019cea5f-0000-7000-8000-0053789942f8',
    completedAt: new Date('2026-03-14T09:26:53Z'),
    from: { label: 'Paid by', value: texts.from },
    to: { label: 'Held in escrow for', value: texts.to },
    project: { id: 'p', title: texts.project },
    parts: texts.milestones.map((label, index) => ({ label, value: usd(10_007n + BigInt(index)) })),
    totals: [{ label: 'Total paid', value: usd(765_432n) }],
    payment: [{ label: 'Provider reference', value: texts.reference }],
    references: [
      { label: 'Transaction', value: '019cea5f-0000-7000-8000-0053789942f8' },
      { label: 'Ledger entry', value: texts.reference },
    ],
    note: 'It is held until it is released.',
  }
}

/** What is on it whatever people call themselves. */
function figuresOf({ number, transactionId, parts, totals }: Receipt): string[] {
  return [number, transactionId, ...[...parts, ...totals].map(({ value }) => String(value))]
}

test.group('Receipts with any words', () => {
  test(`whatever people write, there is a receipt with its figures (seed ${SEED})`, async ({
    assert,
  }) => {
    const texts = fc.record({
      from: words,
      to: words,
      project: words,
      milestones: fc.array(words, { minLength: 1, maxLength: 5 }),
      reference: words,
    })
    await fc.assert(
      fc.asyncProperty(texts, async (some) => {
        const receipt = receiptWith(some)
        const { text } = await readPdf(await setInType(receipt))
        for (const figure of figuresOf(receipt)) assert.include(text, figure)
      }),
      { seed: SEED, numRuns: 40, interruptAfterTimeLimit: 5000 }
    )
  }).timeout(30_000)

  test('words at which shaping fails cost nobody else theirs', async ({ assert }) => {
    // A letter of Ethiopic and a joiner or another thing without a glyph; two marks of which one has no anchor.
    for (const failing of ['Tin \u2d36\u034f', 'Tin \u2d36\u200d', '\u00dc\u0306']) {
      const receipt = receiptWith({
        from: failing,
        to: 'Ἑλένη Ω Ünal Жданов',
        project: `One ${failing}`,
        milestones: [failing, 'Überarbeitung'],
        reference: failing,
      })
      const bytes = await setInType(receipt)
      const { text } = await readPdf(bytes)
      for (const legible of [...figuresOf(receipt), 'Ünal Жданов', 'Überarbeitung']) {
        assert.include(text, legible)
      }
      assert.isTrue(bytes.equals(await setInType(receipt)), 'the same facts give the same bytes')
    }
  })

  test('what others wrote before leaves nothing in the next receipt', async ({ assert }) => {
    const sheet = (project: string) =>
      setInType(receiptWith({ from: 'A', to: 'B', project, milestones: ['C'], reference: 'D' }))
    // One glyph for both: what is copied from it is what this receipt says, and not what the first one said.
    const ligature = await sheet('o\ufb03ce')
    assert.isFalse(ligature.equals(await sheet('office')))
    assert.isTrue(ligature.equals(await sheet('o\ufb03ce')), 'the same facts give the same bytes')
  })

  test('what has no width is not set', async ({ assert }) => {
    const hidden = '\u200b\u200c\u200d\u2060\ufeff'
    const sheet = (name: string) =>
      setInType(
        receiptWith({ from: name, to: name, project: name, milestones: [name], reference: name })
      )
    assert.isTrue((await sheet(`An${hidden}na`)).equals(await sheet('Anna')))
  })
})

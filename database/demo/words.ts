/** What people in the demo write. */

const WHAT = [
  'Website', 'Shop', 'Logo', 'Newsletter', 'Product photos', 'Explainer video', 'Mobile app', 'Translation',
  'Data import', 'Booking page', 'Illustrations', 'Annual report', 'Podcast editing', 'Landing page',
  'Brand guide', 'Search index', 'Dashboard', 'Menu design', 'Trade fair stand', 'Online course',
] // prettier-ignore
const FOR_WHOM = [
  'a bakery', 'a law firm', 'a bike repair shop', 'a choir', 'a dental practice', 'a co-op', 'a museum',
  'a vineyard', 'a yoga studio', 'a toy maker', 'a housing association', 'a film festival', 'a school',
  'a brewery', 'a travel agency', 'a bookshop', 'a sailing club', 'an architect', 'a food bank', 'a start-up',
] // prettier-ignore

/** A title such as "Shop for a bakery". */
export function title(random: () => number): string {
  const pick = (list: string[]) => list[Math.floor(random() * list.length)]
  return `${pick(WHAT)} for ${pick(FOR_WHOM)}`
}

export const DESCRIPTIONS = [
  'From first sketch to hand-over, with two rounds of changes.',
  'We have the texts and pictures; we need somebody to put them together.',
  'The old one is ten years old. Please look at it before you make an offer.',
  'To be done before the season begins. Weekly calls, everything in writing.',
]
export const MILESTONES = ['Concept and first draft', 'Production', 'Corrections and hand-over']
export const TASKS = [
  'As agreed in our call, with the sources.',
  'Everything that the list in the description names.',
  'Ready to be used, and explained to our people.',
]
export const GREETINGS = [
  'Glad that you take this on. When can we start?',
  'Welcome! I have sent the material by mail.',
  'Good to have you. Please write here if anything is missing.',
]
export const NOTES = [
  'It is all at the address below. Tell me what you think.',
  'Done as discussed; the open point from Monday is in it.',
  'Final version. The sources are in the same place.',
]
export const REASONS = [
  'Two of the pages are missing, and the colours are not ours.',
  'It does not work on phones yet.',
  'The texts are still the placeholders.',
]
export const REFUND_REASONS = [
  'We have to stop the project for this year.',
  'This part is done in house after all.',
  'It came too late for the fair.',
]
export const COMPLAINTS = [
  'Half of what was agreed is missing, and what is there came three weeks late.',
  'The pictures are not in the size that we need, and nobody answers our questions.',
  'It breaks on every phone that we tried. We cannot use it like this.',
]
export const ANSWERS = [
  'All that the description names is there. What you ask for now is new.',
  'Your texts came two weeks late; I could not begin before.',
  'I offered to correct it on the same day, and heard nothing.',
]
export const OFFERS = [
  'Let us share it and be done.',
  'I would rather finish than fight.',
  'My last word.',
]
export const AGREEMENT =
  'As we said on the phone: three pages, two rounds of changes, pictures from your archive.'
export const HOURS =
  'Hours worked\n\nConcept 12 h\nLayout 18 h\nFirst corrections 6 h\nSecond corrections 5 h\n\nTotal 41 h'

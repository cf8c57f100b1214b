/** A page that anybody may see. */
export interface SitePage {
  /** Of its route, below `site.`, and of its view. */
  name: string
  path: string
  /** What the tab, a search engine and a shared link say. Each is unique. */
  title: string
  description: string
  /** In menus. */
  label: string
  /** The day on which its words were last changed; what it shows of settings has a date of its own. */
  changed: string
  /** Says something about money or periods, which comes from the settings. */
  showsSettings?: true
  /** Words for counsel to replace. */
  template?: true
}

/** Every page, in the order of the site map. Routes, menus and the sitemap are made of this list. */
export const PAGES = [
  {
    name: 'home',
    path: '/',
    title: 'SafeSend: escrow for freelance work, milestone by milestone',
    description:
      'The client pays in before work begins, the money is held, and the freelancer is paid when the work is approved. Every amount is accounted for.',
    label: 'SafeSend',
    changed: '2026-11-26',
    showsSettings: true,
  },
  {
    name: 'how_it_works',
    path: '/how-it-works',
    title: 'How SafeSend works: from deposit to payout',
    description:
      'What happens to the money of a milestone, step by step: deposit, work, inspection, release, refund, dispute and payout, with every deadline.',
    label: 'How it works',
    changed: '2026-11-26',
    showsSettings: true,
  },
  {
    name: 'pricing',
    path: '/pricing',
    title: 'Pricing: one fee, taken on release | SafeSend',
    description:
      'One platform fee, taken out of what is released. Nothing on top for the client, nothing for a refund. A worked example for each way to pay.',
    label: 'Pricing',
    changed: '2026-11-26',
    showsSettings: true,
  },
  {
    name: 'help',
    path: '/help',
    title: 'Help: deposits, refunds, disputes and payouts | SafeSend',
    description:
      'Answers about deposits, the inspection period, refunds, disputes, chargebacks and payouts, and what SafeSend never asks you for.',
    label: 'Help',
    changed: '2026-11-26',
    showsSettings: true,
  },
  {
    name: 'status',
    path: '/status',
    title: 'Status of SafeSend right now',
    description:
      'Whether SafeSend, its background work and its payment providers are working at this moment, measured by the system itself.',
    label: 'Status',
    changed: '2026-11-26',
  },
  {
    name: 'privacy',
    path: '/privacy',
    title: 'Privacy policy | SafeSend',
    description:
      'Which personal data SafeSend keeps, why, who else sees it, and how to get a copy of it or have it deleted.',
    label: 'Privacy policy',
    changed: '2026-11-26',
    showsSettings: true,
    template: true,
  },
  {
    name: 'terms',
    path: '/terms',
    title: 'Terms of use | SafeSend',
    description:
      'What clients, freelancers and SafeSend agree on: deposits, release, refunds, disputes, fees, payouts and accounts.',
    label: 'Terms of use',
    changed: '2026-11-26',
    showsSettings: true,
    template: true,
  },
  {
    name: 'cookies',
    path: '/cookies',
    title: 'Cookies and your choice | SafeSend',
    description:
      'The cookies that SafeSend sets, what each is for, and the one choice that is yours: whether we may measure how fast pages are.',
    label: 'Cookies',
    changed: '2026-11-26',
    template: true,
  },
  {
    name: 'data_retention',
    path: '/data-retention',
    title: 'How long data is kept | SafeSend',
    description:
      'For each kind of data: why SafeSend keeps it, for how long, and what becomes of it when an account is deleted.',
    label: 'Data retention',
    changed: '2026-11-26',
    showsSettings: true,
    template: true,
  },
] as const satisfies readonly SitePage[]

export type PageName = (typeof PAGES)[number]['name']

/** @throws Error for a name that no page has */
export function pageNamed(name: PageName): SitePage {
  const page = PAGES.find((each) => each.name === name)
  if (!page) throw new Error(`There is no page ${name}.`)
  return page
}

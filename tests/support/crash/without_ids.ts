/** Stripe's ids have a prefix; PayPal's are whole segments of capitals and digits. */
const IDS = /(?<=_)[A-Za-z0-9]{10,}|(?<=\/)[A-Z0-9]{13,}(?=\/|$)/g

/** The path of a request to a provider, as it is in every run: ids are new in each. */
export function withoutIds(path: string): string {
  return path.split('?')[0].replace(IDS, '…')
}

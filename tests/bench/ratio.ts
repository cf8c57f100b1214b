/** One measured comparison: how `subject` does in terms of `reference`, 1 being alike. */
export interface Ratio {
  name: string
  subject: string
  reference: string
  ratio: number
  /** The least that is good enough, unless `atMost` says that less is better. */
  required: number
  atMost?: boolean
  /** Operations per second, for people. */
  subjectPerSecond: number
  referencePerSecond: number
}

/** One measured number that depends on the machine, so most are for people to look at. */
export interface Figure {
  name: string
  value: number
  unit: string
  /** More than this is a defect on whatever machine. */
  atMost?: number
}

/** What a part of the bench comes to. */
export interface Measured {
  ratios?: Ratio[]
  figures?: Figure[]
}

/**
 * Whether a ratio is as wanted.
 *
 * @param leeway 1 for exactly that; 2 lets it be half as good, for a look at a busy machine
 */
export function isMet({ ratio, required, atMost }: Ratio, leeway = 1): boolean {
  return atMost ? ratio <= required * leeway : ratio >= required / leeway
}

/** The same of a figure. One without a bound is always fine. */
export function isWithin({ value, atMost }: Figure, leeway = 1): boolean {
  return atMost === undefined || value <= atMost * leeway
}

export function median(numbers: number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The value that this share of the numbers does not exceed: 0.99 for the 99th percentile. */
export function quantile(numbers: number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]
}

/** The median and the 99th percentile of latencies, in milliseconds. */
export function latencyFigures(name: string, taken: number[]): Figure[] {
  return [
    { name: `${name}, p50`, value: quantile(taken, 0.5), unit: 'ms' },
    { name: `${name}, p99`, value: quantile(taken, 0.99), unit: 'ms' },
  ]
}

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

export function isMet({ ratio, required, atMost }: Ratio): boolean {
  return atMost ? ratio <= required : ratio >= required
}

export function median(numbers: number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

import { metrics, type Histogram } from '@opentelemetry/api'

/** What is measured, in which unit, and where its buckets end: https://web.dev/articles/vitals */
const VITALS = {
  LCP: {
    name: 'safesend.site.lcp',
    unit: 'ms',
    description: 'Until the largest part of a page was painted',
    buckets: [250, 500, 1000, 1500, 2000, 2500, 3000, 4000, 6000, 10_000],
  },
  INP: {
    name: 'safesend.site.inp',
    unit: 'ms',
    description: 'Until a page answered to what somebody did',
    buckets: [25, 50, 100, 150, 200, 300, 500, 1000, 2000],
  },
  CLS: {
    name: 'safesend.site.cls',
    unit: '1',
    description: 'How far parts of a page moved while it was read',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1],
  },
} as const

export type Vital = keyof typeof VITALS
export const VITAL_NAMES = Object.keys(VITALS) as Vital[]

export interface Measured {
  name: Vital
  /** Milliseconds; for CLS a score. */
  value: number
}

let histograms: Record<Vital, Histogram> | undefined

/**
 * Adds what a page measured of itself to the metrics. With nothing but the path of the page: not who, from
 * where, or with what.
 *
 * @param page path of one of our pages, so that there are no more of them than we have
 */
export function recordVitals(page: string, measured: Measured[]): void {
  // On first use: what was made before metrics are exported would go nowhere for good.
  histograms ??= makeHistograms()
  for (const { name, value } of measured) histograms[name].record(value, { page })
}

/** Has them made anew, for another exporter. */
export function forgetHistograms(): void {
  histograms = undefined
}

function makeHistograms(): Record<Vital, Histogram> {
  const meter = metrics.getMeter('safesend.site')
  const made = VITAL_NAMES.map((vital) => {
    const { name, unit, description, buckets } = VITALS[vital]
    const advice = { explicitBucketBoundaries: [...buckets] }
    return [vital, meter.createHistogram(name, { unit, description, advice })]
  })
  return Object.fromEntries(made) as Record<Vital, Histogram>
}

import { onCLS, onINP, onLCP, type Metric } from 'web-vitals'
import { choice } from './consent.js'

const measured = new Map<string, number>()

/** Measures this page, and says so once when it is left: what is final is known only then. */
export function measure(): void {
  const note = ({ name, value }: Metric) => measured.set(name, Math.round(value * 1000) / 1000)
  onCLS(note)
  onINP(note)
  onLCP(note)
  addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') send()
  })
  addEventListener('pagehide', send)
}

function send(): void {
  // They may have changed their mind on this very page.
  if (measured.size === 0 || choice() !== 'measure') return
  const body = JSON.stringify({
    page: location.pathname,
    measured: [...measured].map(([name, value]) => ({ name, value })),
  })
  measured.clear()
  navigator.sendBeacon('/site/vitals', new Blob([body], { type: 'application/json' }))
}

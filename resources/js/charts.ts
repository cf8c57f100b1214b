import { Chart, registerables } from 'chart.js'

Chart.register(...registerables)

interface Series {
  label: string
  /** In major units of the currency: a chart shows proportions, the table beside it has the amounts. */
  values: number[]
}

const HUES = ['--link', '--good', '--bad', '--waiting']

/** Draws every `<canvas data-chart>`, whose data is the JSON of the script element that it names. */
export function drawCharts(): void {
  for (const canvas of document.querySelectorAll<HTMLCanvasElement>('canvas[data-chart]'))
    draw(canvas)
}

document.addEventListener('scheme:change', drawCharts)
document.addEventListener('turbo:before-cache', () => {
  for (const canvas of document.querySelectorAll<HTMLCanvasElement>('canvas[data-chart]')) {
    Chart.getChart(canvas)?.destroy()
  }
})

function draw(canvas: HTMLCanvasElement): void {
  Chart.getChart(canvas)?.destroy()
  const { labels, series } = JSON.parse(canvas.dataset.chart!) as {
    labels: string[]
    series: Series[]
  }
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string) => resolved(style.getPropertyValue(name))
  const axis = { ticks: { color: colour('--quiet') }, grid: { color: colour('--line') } }
  new Chart(canvas, {
    type: 'bar',
    data: {
      labels,
      datasets: series.map(({ label, values }, index) => ({
        label,
        data: values,
        backgroundColor: colour(HUES[index % HUES.length]),
      })),
    },
    options: {
      animation: false,
      maintainAspectRatio: false,
      scales: { x: axis, y: { ...axis, beginAtZero: true } },
      plugins: { legend: { labels: { color: colour('--text') } } },
    },
  })
}

/** A canvas does not understand `light-dark()`; the browser's own answer for an element does. */
function resolved(value: string): string {
  const probe = document.createElement('span')
  probe.style.color = value
  document.body.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

import { SCHEME_COOKIE, SCHEME_DAYS } from '../../app/console/scheme_cookie.js'
import '@hotwired/turbo'
import './keyboard.js'
import './live.js'
import './sign_in.js'
import './split.js'
import './tables.js'

/** Charts are drawn on few pages, so what draws them comes only with those. */
document.addEventListener('turbo:load', async () => {
  if (document.querySelector('canvas[data-chart]')) (await import('./charts.js')).drawCharts()
})

document.addEventListener('click', async ({ target }) => {
  if (!(target instanceof Element)) return
  const copy = target.closest<HTMLElement>('[data-copy]')
  if (copy) {
    await navigator.clipboard.writeText(copy.dataset.copy!)
    copy.classList.add('copied')
    setTimeout(() => copy.classList.remove('copied'), 1200)
  }
  if (target.closest('[data-scheme-toggle]')) toggleScheme()
  // One open menu at a time, and none once something else was clicked.
  for (const open of document.querySelectorAll<HTMLDetailsElement>('.top details[open]')) {
    if (!open.contains(target)) open.open = false
  }
})

/** The server reads the cookie, so that the next page comes in the right colours at once. */
function toggleScheme(): void {
  const root = document.documentElement
  const isDark = root.dataset.scheme
    ? root.dataset.scheme === 'dark'
    : matchMedia('(prefers-color-scheme: dark)').matches
  root.dataset.scheme = isDark ? 'light' : 'dark'
  document.cookie = `${SCHEME_COOKIE}=${root.dataset.scheme}; path=/console; max-age=${SCHEME_DAYS * 86_400}; samesite=lax`
  document.dispatchEvent(new CustomEvent('scheme:change'))
}

/** One box chooses all of the page, and stands for them: chosen, not chosen, or some. */
document.addEventListener('change', ({ target }) => {
  if (!(target instanceof HTMLInputElement) || target.type !== 'checkbox') return
  const table = target.closest('table')
  const all = table?.querySelector<HTMLInputElement>('[data-choose]')
  if (!table || !all) return
  const rows = [...table.querySelectorAll<HTMLInputElement>('tbody input[type="checkbox"]')].filter(
    ({ name, disabled }) => name === all.dataset.choose && !disabled
  )
  if (target === all) for (const row of rows) row.checked = all.checked
  const chosen = rows.filter(({ checked }) => checked).length
  all.checked = rows.length > 0 && chosen === rows.length
  all.indeterminate = chosen > 0 && chosen < rows.length
})

/** A filter that is chosen takes effect at once; without scripts there is a button. */
document.addEventListener('change', ({ target }) => {
  if (target instanceof HTMLSelectElement)
    target.closest<HTMLFormElement>('form[data-filters]')?.requestSubmit()
})

/** The address of a list says only what is filtered by. */
document.addEventListener('formdata', (event) => {
  if (!(event.target as Element).matches('form[data-filters]')) return
  for (const [name, value] of [...event.formData]) if (value === '') event.formData.delete(name)
})

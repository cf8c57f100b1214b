/** Scripts of the public pages. All of them work without; these keep a choice, measure if asked to, and go offline. */
import { choice, keepChoice } from './consent.js'

const banner = document.querySelector<HTMLElement>('[data-consent]')

if (banner && choice() === undefined) {
  banner.hidden = false
  banner.addEventListener('submit', async (event) => {
    event.preventDefault()
    const { submitter } = event as SubmitEvent
    const chosen = submitter instanceof HTMLButtonElement ? submitter.value : 'necessary'
    if (!(await keepChoice(chosen))) return (event.target as HTMLFormElement).submit()
    banner.hidden = true
    measureIfWanted()
  })
}

async function measureIfWanted(): Promise<void> {
  if (choice() === 'measure') (await import('./vitals.js')).measure()
}
measureIfWanted()

if ('serviceWorker' in navigator && document.documentElement.dataset.worker) {
  addEventListener('load', () => {
    navigator.serviceWorker.register(document.documentElement.dataset.worker!).catch(() => {})
  })
}

/** A menu that is open closes with Escape and with a click beside it. */
const menu = document.querySelector<HTMLDetailsElement>('details.menu')
addEventListener('keydown', ({ key }) => {
  if (key !== 'Escape' || !menu?.open) return
  menu.open = false
  menu.querySelector('summary')?.focus()
})
addEventListener('click', ({ target }) => {
  if (menu?.open && target instanceof Node && !menu.contains(target)) menu.open = false
})

/**
 * Keys for who works here all day: `/` searches, `j` and `k` walk through the rows of a list, Enter opens the
 * chosen one, `n` turns the page, Escape closes what is open, `?` lists them.
 */
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  const typing = (event.target as Element).closest('input, select, textarea, [contenteditable]')
  if (event.key === 'Escape') return leave(typing)
  if (typing) return
  if (document.querySelector('dialog[open]')) return
  const act = KEYS[event.key]
  if (act?.()) event.preventDefault()
})

document.addEventListener('click', ({ target }) => {
  if (target instanceof Element && target.closest('[data-keys]')) KEYS['?']()
})

const KEYS: Record<string, () => boolean> = {
  '/': () => {
    const search = document.querySelector<HTMLInputElement>('#search')
    search?.focus()
    search?.select()
    return search !== null
  },
  '?': () => {
    document.querySelector<HTMLDialogElement>('dialog#keys')?.showModal()
    return true
  },
  'j': () => choose(1),
  'k': () => choose(-1),
  'n': () => {
    const next = document.querySelector<HTMLAnchorElement>('a[data-next]')
    next?.click()
    return next !== null
  },
  'Enter': () => {
    const link = chosen()?.querySelector<HTMLAnchorElement>('a[href]')
    if (!link || document.activeElement?.matches('a, button, summary')) return false
    link.click()
    return true
  },
}

function rows(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>('table[data-rows] tbody tr')]
}

function chosen(): HTMLElement | undefined {
  return rows().find((row) => row.classList.contains('chosen'))
}

function choose(step: number): boolean {
  const all = rows()
  if (all.length === 0) return false
  const current = all.findIndex((row) => row.classList.contains('chosen'))
  const next = all[Math.min(Math.max(current + step, 0), all.length - 1)]
  all[current]?.classList.remove('chosen')
  next.classList.add('chosen')
  next.scrollIntoView({ block: 'nearest' })
  return true
}

function leave(typing: Element | null): void {
  if (typing instanceof HTMLElement) typing.blur()
  for (const open of document.querySelectorAll<HTMLDetailsElement>('details[open]'))
    open.open = false
}

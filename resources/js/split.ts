/**
 * The split of a dispute: slider and number say the same, and the server says what it would post. Amounts are
 * counted in the last decimal of what is held, whole numbers all the way.
 */
const STEPS = 1000n
const WAIT_MS = 250
let waiting: ReturnType<typeof setTimeout> | undefined

document.addEventListener('turbo:load', () => {
  for (const form of forms()) moveSlider(form)
})

document.addEventListener('input', ({ target }) => {
  if (!(target instanceof HTMLInputElement)) return
  const form = target.closest<HTMLFormElement>('form[data-split]')
  if (!form) return
  if (target.matches('[data-slider]')) {
    numberOf(form).value = decimal(
      (minor(form.dataset.held!)! * BigInt(target.value)) / STEPS,
      form
    )
  } else if (target === numberOf(form)) moveSlider(form)
  else return
  // What stands there is of another number.
  frameOf(form).classList.add('stale')
  clearTimeout(waiting)
  waiting = setTimeout(() => showPreview(form), WAIT_MS)
})

/** It is shown once it is of the number that stands there now. */
document.addEventListener('turbo:frame-load', ({ target }) => {
  const form = (target as Element).closest<HTMLFormElement>('form[data-split]')
  if (form && frameOf(form).src.endsWith(addressOf(form))) frameOf(form).classList.remove('stale')
})

const forms = () => document.querySelectorAll<HTMLFormElement>('form[data-split]')

const numberOf = (form: HTMLFormElement) =>
  form.querySelector<HTMLInputElement>('input[name="to_freelancer"]')!

function moveSlider(form: HTMLFormElement): void {
  const held = minor(form.dataset.held!)!
  const chosen = minor(numberOf(form).value, form)
  const slider = form.querySelector<HTMLInputElement>('[data-slider]')!
  if (chosen !== undefined && held > 0n) slider.value = String((chosen * STEPS) / held)
}

const frameOf = (form: HTMLFormElement) =>
  form.querySelector<HTMLElement & { src: string; reload(): void }>('turbo-frame')!

const addressOf = (form: HTMLFormElement) =>
  `${form.dataset.split}?to_freelancer=${encodeURIComponent(numberOf(form).value)}`

/** What is no amount is asked for as well: the server says what is wrong with it. */
function showPreview(form: HTMLFormElement): void {
  const frame = frameOf(form)
  const address = addressOf(form)
  if (frame.src?.endsWith(address)) frame.reload()
  else frame.src = address
}

/** Digits after the point of the currency. */
const digits = (form: HTMLFormElement) => form.dataset.held!.split('.')[1]?.length ?? 0

/** Minor units of a decimal; undefined for what is none. */
function minor(text: string, form?: HTMLFormElement): bigint | undefined {
  const match = /^(\d{1,10})(?:\.(\d{1,2}))?$/.exec(text.trim().replaceAll(',', ''))
  if (!match) return undefined
  const wanted = form ? digits(form) : (match[2]?.length ?? 0)
  const rest = match[2] ?? ''
  return rest.length > wanted ? undefined : BigInt(match[1] + rest.padEnd(wanted, '0'))
}

function decimal(amount: bigint, form: HTMLFormElement): string {
  const places = digits(form)
  const text = String(amount).padStart(places + 1, '0')
  return places === 0 ? text : `${text.slice(0, -places)}.${text.slice(-places)}`
}

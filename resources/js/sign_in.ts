import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/browser'

/** A form that a passkey answers: what is to be answered is in it, and its answer goes with it. */
document.addEventListener(
  'submit',
  async (event) => {
    const form = event.target as HTMLFormElement
    const answer = form.elements.namedItem('passkey')
    if (!form.dataset.passkey || !(answer instanceof HTMLInputElement) || answer.value !== '')
      return
    event.preventDefault()
    event.stopImmediatePropagation()
    try {
      answer.value = JSON.stringify(await ask(form))
      form.requestSubmit()
    } catch (error) {
      const said = form.querySelector<HTMLElement>('[data-passkey-error]')!
      said.textContent = `The passkey was not used: ${(error as Error).message}`
      said.hidden = false
    }
  },
  { capture: true }
)

async function ask(
  form: HTMLFormElement
): Promise<AuthenticationResponseJSON | RegistrationResponseJSON> {
  const { startAuthentication, startRegistration } = await import('@simplewebauthn/browser')
  const optionsJSON = JSON.parse(form.dataset.options!)
  return form.dataset.passkey === 'make'
    ? startRegistration({ optionsJSON })
    : startAuthentication({ optionsJSON })
}

/** The token of an invitation is in the fragment of its link, which the server never sees. */
document.addEventListener('turbo:load', () => {
  const field = document.querySelector<HTMLInputElement>('#field-token')
  const token = new URLSearchParams(location.hash.slice(1)).get('token')
  if (!field || !token) return
  field.value = token
  history.replaceState(history.state, '', location.pathname)
})

import createClient, { type ClientOptions } from 'openapi-fetch'
import type { components, paths } from './schema.js'

/** `Schemas['Project']` is what the API answers with where it answers with a project. */
export type Schemas = components['schemas']

/**
 * A typed client of the API. Paths, bodies and answers are those of the API's document:
 *
 *   const api = safesend({ baseUrl: 'https://api.safesend.example' })
 *   const { data, error } = await api.POST('/api/auth/login', { body: { email, password } })
 *   if (error) show(error.detail)
 *   else use(data.data.access_token)
 *
 * A body with a file in it is sent as a form, and what is no JSON is read as `parseAs` says:
 *
 *   await api.POST('/api/milestones/{id}/deliverables', { params: { path: { id } }, body: { file } })
 *   await api.GET('/api/payments/transactions/{id}/receipt', { params: { path: { id } }, parseAs: 'blob' })
 *
 * @param options.accessToken asked before every request, for who is signed in at that moment
 */
export function safesend({
  accessToken,
  ...options
}: ClientOptions & { accessToken?: () => string | undefined }) {
  const api = createClient<paths>({ bodySerializer: jsonOrForm, ...options })
  api.use({
    onRequest({ request }) {
      const token = accessToken?.()
      if (token) request.headers.set('authorization', `Bearer ${token}`)
      return request
    },
  })
  return api
}

function jsonOrForm(body: unknown): string | FormData {
  const isForm =
    typeof body === 'object' && body && Object.values(body).some((value) => value instanceof Blob)
  if (!isForm) return JSON.stringify(body)
  const form = new FormData()
  for (const [name, value] of Object.entries(body)) form.append(name, value)
  return form
}

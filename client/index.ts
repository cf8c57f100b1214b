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
 * @param options.accessToken asked before every request, for who is signed in at that moment
 */
export function safesend({
  accessToken,
  ...options
}: ClientOptions & { accessToken?: () => string | undefined }) {
  const api = createClient<paths>(options)
  api.use({
    onRequest({ request }) {
      const token = accessToken?.()
      if (token) request.headers.set('authorization', `Bearer ${token}`)
      return request
    },
  })
  return api
}

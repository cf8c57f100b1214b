import { createHash } from 'node:crypto'
import router from '@adonisjs/core/services/router'
import { appUrl } from '#config/app'
import { buildDocument, type DocumentedRoute, type OpenApiDocument } from '#openapi/build_document'

/**
 * The routes of the API, webhooks and health included, in the order of their registration. The console's pages
 * and the public ones are no API.
 */
export function documentedRoutes(): DocumentedRoute[] {
  // Done before in a server; a command has none.
  router.commit()
  return Object.values(router.toJSON())
    .flat()
    .filter(({ name, pattern }) => !name?.startsWith('site.') && !NOT_DOCUMENTED.test(pattern))
    .map(({ name, pattern, methods }) => ({ name, pattern, methods }))
}

/** Pages of staff and what they are made of, and routes that tests add to the running application. */
const NOT_DOCUMENTED = /^\/(console|assets|api\/test)(\/|$)/

/** The document of this application as it runs. */
export function openApiDocument(): OpenApiDocument {
  return buildDocument(documentedRoutes(), appUrl.replace(/\/$/, ''))
}

let served: { body: string; etag: string } | undefined

/** The document as it is sent. It does not change while the process runs. */
export function servedDocument(): { body: string; etag: string } {
  if (!served) {
    const body = JSON.stringify(openApiDocument())
    served = {
      body,
      etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`,
    }
  }
  return served
}

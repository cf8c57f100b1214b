import { createHash } from 'node:crypto'
import router from '@adonisjs/core/services/router'
import { appUrl } from '#config/app'
import { buildDocument, type DocumentedRoute, type OpenApiDocument } from '#openapi/build_document'

/** The routes of this application, webhooks and health included, in the order of their registration. */
export function documentedRoutes(): DocumentedRoute[] {
  // Done before in a server; a command has none.
  router.commit()
  return Object.values(router.toJSON())
    .flat()
    .filter(({ pattern }) => !pattern.startsWith(OF_TESTS))
    .map(({ name, pattern, methods }) => ({ name, pattern, methods }))
}

/** Routes that tests add to the running application. */
const OF_TESTS = '/api/test/'

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

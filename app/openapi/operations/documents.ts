import { json, type Operations } from '#openapi/operation'

export const documentOperations: Operations = {
  'GET /openapi.json': {
    summary: 'Get this document',
    description: 'OpenAPI 3.1. It has an `ETag`: ask with `If-None-Match`.',
    tag: 'Documents',
    who: 'anyone',
    answers: {
      200: json({ type: 'object' }, 'The document.'),
      304: { description: 'It is as you have it.' },
    },
    problems: ['too_many_requests'],
  },
}

import { json, redirect, text, type Operations } from '#openapi/operation'

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
  'GET /docs': {
    summary: 'Read this document as a page',
    tag: 'Documents',
    who: 'anyone',
    answers: { 200: text('text/html', 'The page.') },
    problems: ['too_many_requests'],
  },
  'GET /docs/style.css': {
    summary: 'Get the style of the page',
    tag: 'Documents',
    who: 'anyone',
    answers: { 200: text('text/css', 'The style.') },
    problems: ['too_many_requests'],
  },
  'GET /problems/:code': {
    summary: 'Find what a problem means',
    description: 'Where `type` of a problem leads: the place on the page.',
    tag: 'Documents',
    who: 'anyone',
    params: { code: { type: 'string', description: 'The `code` of a problem.' } },
    answers: { 302: redirect('To its place on the page.') },
    problems: ['too_many_requests', 'not_found'],
  },
}

import type { Operations } from '#openapi/operation'

export const fileOperations: Operations = {
  'GET /files/*': {
    summary: 'Download a file by a signed link',
    description:
      'Links are handed out by other operations, work for a short time and need no token. Do not build them.',
    tag: 'Files',
    who: 'anyone',
    params: { path: { type: 'string', description: 'As in the link.' } },
    answers: {
      200: {
        description: 'The file, to be saved.',
        content: { '*/*': { type: 'string', format: 'binary' } },
        headers: {
          'Content-Disposition': {
            description: 'The name to save it under.',
            schema: { type: 'string' },
          },
        },
      },
      304: { description: 'It is as you have it.' },
    },
    problems: ['link_not_valid', 'not_found'],
  },
}

import { json, type Operations, type Schema } from '#openapi/operation'

const status = (...words: string[]): Schema => ({ type: 'string', enum: words })

const readiness: Schema = {
  type: 'object',
  properties: {
    status: status('ok', 'failed'),
    checks: { type: 'object', additionalProperties: status('ok', 'warning', 'error') },
  },
  required: ['status', 'checks'],
  additionalProperties: false,
}

export const healthOperations: Operations = {
  'GET /health/live': {
    summary: 'Ask whether the process answers',
    description: 'If not, restart it.',
    tag: 'Operations',
    who: 'anyone',
    answers: {
      200: json(
        {
          type: 'object',
          properties: {
            status: status('ok'),
            revision: { type: 'string', description: 'Which build answers.' },
          },
          required: ['status', 'revision'],
          additionalProperties: false,
        },
        'It does.'
      ),
    },
  },
  'GET /health/ready': {
    summary: 'Ask whether requests may be sent here',
    description:
      'Names each check, and what it said. A `warning` is about what can be done without for a while: a worker, ' +
      'files, Redis, the mail server.',
    tag: 'Operations',
    who: 'anyone',
    answers: {
      200: json(readiness, 'They may.'),
      503: json(readiness, 'Not now; the failed check says why.'),
    },
  },
}

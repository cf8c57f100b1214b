import { noContent, text, type Operations } from '#openapi/operation'
import { openStreamValidator, subscriptionValidator } from '#validators/notification'

export const streamOperations: Operations = {
  'GET /__transmit/events': {
    summary: 'Open a stream of notifications',
    description:
      'Server-sent events: see [Real time](#section/Real-time). Each `data:` line is JSON with `channel` and, as `payload`, a notification.',
    tag: 'Notifications',
    who: 'signed in',
    query: openStreamValidator,
    answers: { 200: text('text/event-stream', 'The stream.') },
    problems: ['too_many_streams', 'too_many_requests'],
  },
  'POST /__transmit/subscribe': {
    summary: 'Subscribe a stream to your channel',
    description: 'As `@adonisjs/transmit-client` does it. A stream carries your channel anyway.',
    tag: 'Notifications',
    who: 'signed in',
    body: subscriptionValidator,
    answers: { 204: noContent('The channel is yours.') },
    problems: [
      'channel_refused',
      'query_not_allowed',
      'malformed_json',
      'unsupported_media_type',
      'too_large',
      'too_many_requests',
    ],
  },
  'POST /__transmit/unsubscribe': {
    summary: 'Unsubscribe a stream',
    description: 'Who wants no more closes the stream.',
    tag: 'Notifications',
    who: 'signed in',
    body: subscriptionValidator,
    answers: { 204: noContent('The channel is yours.') },
    problems: [
      'channel_refused',
      'query_not_allowed',
      'malformed_json',
      'unsupported_media_type',
      'too_large',
      'too_many_requests',
    ],
  },
}

import type { VineValidator } from '@vinejs/vine'
import type { responseSchemas } from '#generated/response_schemas'
import type { ProblemCode } from '#openapi/problems'

export type Schema = Record<string, unknown>

/** A name that `Data` has for a transformer's output, or a type of `app/openapi/answers.ts`. */
export type DataName = keyof typeof responseSchemas

export type Validator = Pick<VineValidator<any, any>, 'toJSONSchema'>

/** Sections of the page, in this order. */
export const TAGS = {
  'Sign-in': 'Accounts, sessions and what is mailed to prove an address.',
  'Account security': 'Password, address, authenticator app, and where one is signed in.',
  'Profile': 'What a person tells about themselves, and what others see of it.',
  'Projects':
    'A client drafts a project with milestones, which both sides later change by agreement.',
  'Milestones': 'Work is handed in, judged and paid one milestone at a time.',
  'Invitations': 'A client asks a freelancer by e-mail; the answer is given with the mailed token.',
  'Messages': 'The thread that both sides of a project share.',
  'Payments':
    'Money goes into escrow by a deposit and leaves it by a release or a refund. See [Money](#section/Money).',
  'Disputes':
    'When client and freelancer disagree about held money. See [Disputes](#section/Disputes).',
  'Payout accounts': 'Where a freelancer is paid.',
  'Notifications': 'What happened, for who must know. See [Real time](#section/Real-time).',
  'Files': 'What was uploaded is downloaded by links that expire.',
  'Documents': 'This document and its page.',
  'Operations': 'For load balancers, and for the payment providers. A frontend needs none of it.',
} as const
export type Tag = keyof typeof TAGS

/** Who may call. A record decides more closely, which the description says. */
export type Who = 'anyone' | 'signed in' | 'client' | 'freelancer' | 'provider'

/** One answer that is a success. */
export interface Answer {
  description: string
  /** Content type to schema; nothing for an answer without a body. */
  content?: Record<string, Schema>
  headers?: Record<string, { description: string; schema: Schema }>
}

/**
 * What the document says of one route beyond what the code tells: everybody who adds a route writes
 * one, in the file of `app/openapi/operations` that belongs to the route's file. See docs/api.md.
 */
export interface Operation {
  /** What it does, in a few words and the imperative: it is the link in the page's menu. */
  summary: string
  /** Markdown: what a caller must know beside the schemas. When, what happens next, what it may not. */
  description?: string
  tag: Tag
  who: Who
  /** Only with a verified e-mail address. */
  verified?: true
  /** Validator of the query string. */
  query?: Validator
  /** Validator of the JSON body; or, for any other body, content types with their schemas. */
  body?: Validator | { content: Record<string, Schema> }
  /** The body may be left out. */
  bodyOptional?: true
  /** What the path's parameters are, where that is not the id of a record of ours. */
  params?: Record<string, Schema>
  /** Request headers beside those that every operation knows. */
  headers?: Record<string, Schema & { description: string }>
  /** Moves money, so it needs an `Idempotency-Key`: the operation goes through `withIdempotency`. */
  idempotent?: true
  /** Successes by status, redirects included. */
  answers: Record<number, Answer>
  /**
   * Codes of problems of its own. Those that follow from the rest are added: sign-in, role, body,
   * query, unknown ids, idempotency, too many requests and failures of ours. A code that comes with
   * different statuses names its own here.
   */
  problems?: (ProblemCode | readonly [code: ProblemCode, status: number])[]
  /** Codes that would follow but cannot happen here. */
  never?: ProblemCode[]
}

/** Entries by route, such as `GET /api/projects/:id`. */
export type Operations = Record<string, Operation>

const component = (name: DataName): Schema => ({ $ref: `#/components/schemas/${name}` })

/** `{ data }` as JSON: a transformer's output by its name, or a schema. */
export function data(of: DataName | Schema, description: string): Answer {
  return json(
    {
      type: 'object',
      properties: { data: typeof of === 'string' ? component(of) : of },
      required: ['data'],
      additionalProperties: false,
    },
    description
  )
}

/**
 * `{ data: [ … ], meta }` as JSON: a page of a list.
 *
 * @param meta members of `meta` beside those that every list has
 */
export function page(
  of: DataName | Schema,
  description: string,
  meta: Record<string, Schema> = {}
): Answer {
  return json(
    {
      type: 'object',
      properties: {
        data: { type: 'array', items: typeof of === 'string' ? component(of) : of },
        meta: Object.keys(meta).length === 0 ? component('PageMeta' as DataName) : metaWith(meta),
      },
      required: ['data', 'meta'],
      additionalProperties: false,
    },
    description
  )
}

/** What every list says about its pages. */
export const PAGE_META = {
  next_cursor: {
    type: ['string', 'null'],
    description: 'Send it as `after` to get the next page; null on the last page.',
  },
  has_more: { type: 'boolean', description: 'Whether there is a next page.' },
}

export function metaWith(more: Record<string, Schema>): Schema {
  const properties = { ...PAGE_META, ...more }
  return {
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  }
}

/** JSON of any other shape. */
export function json(schema: Schema, description: string): Answer {
  return { description, content: { 'application/json': schema } }
}

/** 204. */
export function noContent(description: string): Answer {
  return { description }
}

/** Bytes that are saved or shown as they are: `file('application/pdf', 'The receipt.')`. */
export function file(type: string, description: string): Answer {
  return { description, content: { [type]: { type: 'string', format: 'binary' } }, headers: NAMED }
}

const NAMED = {
  'Content-Disposition': {
    description: 'The name to save it under.',
    schema: { type: 'string' },
  },
}

/** Text of any kind, such as `text/csv`, `text/html` or `text/event-stream`. */
export function text(type: string, description: string): Answer {
  return { description, content: { [type]: { type: 'string' } } }
}

/** 302 or 303: where the browser is sent. */
export function redirect(description: string): Answer {
  return {
    description,
    headers: { Location: { description: 'Where to go.', schema: { type: 'string' } } },
  }
}

/** A body of `multipart/form-data` with files, and text fields beside them. */
export function multipart(files: Record<string, string>, fields: Record<string, Schema> = {}) {
  const parts = Object.entries(files).map(([name, description]) => [
    name,
    { type: 'string', format: 'binary', description },
  ])
  return {
    content: {
      'multipart/form-data': {
        type: 'object',
        properties: { ...Object.fromEntries(parts), ...fields },
        required: Object.keys(files),
      },
    },
  }
}

import type { Link } from './shapes.js'

export interface ErrorDetail {
  issue: string
  description?: string
  field?: string
  value?: string
  /** Headers have none in the documents. */
  location?: 'body' | 'path' | 'query'
  link?: Link[]
}

/** A refusal in PayPal's own shape. */
export class PayPalFailure extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: ErrorDetail[] = [],
    readonly links: Link[] = []
  ) {
    super(message)
  }

  /** Its body: each answer has a debug id of its own. */
  body(debugId: string): object {
    const { code: name, message, details, links } = this
    return {
      name,
      message,
      debug_id: debugId,
      ...(details.length > 0 && { details }),
      ...(links.length > 0 && { links }),
    }
  }
}

function failure(status: number, code: string, message: string) {
  return (details: ErrorDetail[] = [], links: Link[] = []) =>
    new PayPalFailure(status, code, message, details, links)
}

const unprocessableEntity = failure(
  422,
  'UNPROCESSABLE_ENTITY',
  'The requested action could not be performed, semantically incorrect, or failed business validation.'
)
const invalidRequest = failure(
  400,
  'INVALID_REQUEST',
  'Request is not well-formed, syntactically incorrect, or violates schema.'
)
const notFound = failure(404, 'RESOURCE_NOT_FOUND', 'The specified resource does not exist.')

/** The request is well formed, and cannot be done (422). */
export function unprocessable(
  issue: string,
  description: string,
  field?: string,
  links: Link[] = []
): PayPalFailure {
  return unprocessableEntity([{ issue, description, ...(field && { field }) }], links)
}

/** The request is not as its document has it (400). */
export function invalid(
  issue: keyof typeof INVALID,
  field: string,
  location: ErrorDetail['location'] | 'header' = 'body'
): PayPalFailure {
  const at = location === 'header' ? {} : { location }
  return invalidRequest([{ field, ...at, issue, description: INVALID[issue] }])
}

const INVALID = {
  INVALID_ARRAY_MAX_ITEMS: 'The number of items in an array parameter is too large.',
  INVALID_ARRAY_MIN_ITEMS: 'The number of items in an array parameter is too small.',
  INVALID_PARAMETER_SYNTAX: 'The value of a field does not conform to the expected format.',
  INVALID_PARAMETER_VALUE: 'A parameter value is not valid.',
  INVALID_STRING_LENGTH: 'The value of a field is either too short or too long',
  MALFORMED_REQUEST_JSON: 'The request JSON is not well formed.',
  MISSING_REQUIRED_PARAMETER: 'A required parameter is missing.',
  PAYPAL_REQUEST_ID_REQUIRED:
    "A PayPal-Request-Id is required if you are trying to process payment for an Order. Please specify a PayPal-Request-Id or Create the Order without a 'payment_source' specified.",
}

/** There is no such object for this account (404). */
export function missing(): PayPalFailure {
  return notFound([
    {
      issue: 'INVALID_RESOURCE_ID',
      description:
        'Specified resource ID does not exist. Please check the resource ID and try again.',
    },
  ])
}

/** Another request with the same PayPal-Request-Id is under way (409). */
export const inProgress = () =>
  new PayPalFailure(
    409,
    'RESOURCE_CONFLICT',
    'The server has detected a conflict while processing this request.',
    [
      {
        issue: 'PREVIOUS_REQUEST_IN_PROGRESS',
        description:
          'A previous request on this resource is currently in progress. Please wait for sometime and try again. It is best to space out the initial and the subsequent request(s) to avoid receiving this error.',
      },
    ]
  )

export const unauthenticated = () =>
  new PayPalFailure(
    401,
    'AUTHENTICATION_FAILURE',
    'Authentication failed due to missing authorization header, or invalid authentication credentials.',
    [
      {
        issue: 'INVALID_ACCOUNT_STATUS',
        description: 'Account validations failed for the user.',
      },
    ]
  )

export const wrongMediaType = () =>
  new PayPalFailure(
    415,
    'UNSUPPORTED_MEDIA_TYPE',
    "The server does not support the request payload's media type."
  )

/** How the older APIs, payouts among them, refuse: a name of its own, and words in place of codes. */
export function refused(
  status: number,
  code: string,
  message: string,
  details: ErrorDetail[] = [],
  links: Link[] = []
): PayPalFailure {
  return new PayPalFailure(status, code, message, details, links)
}

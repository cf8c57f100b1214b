import type { IncomingMessage, ServerResponse } from 'node:http'
import { PAGE_WITHOUT_SCRIPTS, PUBLIC_PAGE } from '#config/shield'
import type { HttpContext, HttpResponse } from '@adonisjs/core/http'

/** A year, which is what OWASP ASVS 5.0 (3.4.1) asks for, and of every host below ours. */
const HSTS = 'max-age=31536000; includeSubDomains'

/** Of every answer. As a page it could do nothing, and nobody could frame it: that takes `openAsPage`. */
const CLOSED = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/** What no page of ours uses, so that nothing that gets into one can. */
const PERMISSIONS = [
  'accelerometer',
  'camera',
  'display-capture',
  'geolocation',
  'gyroscope',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'usb',
]
  .map((feature) => `${feature}=()`)
  .join(', ')

/**
 * Puts the headers of every answer on one that has not begun. Straight on Node's response: files and event
 * streams are sent past the framework.
 *
 * @param https whether the caller reached us by HTTPS; browsers are told to stay there only then
 */
export function closeAnswer(response: ServerResponse<IncomingMessage>, https: boolean): void {
  for (const [name, value] of Object.entries(CLOSED)) response.setHeader(name, value)
  if (https) response.setHeader('strict-transport-security', HSTS)
}

/** Whether a cache may give this answer to somebody else, if only after asking us again. */
export function mayBeShared(response: HttpResponse): boolean {
  return !/no-store|private/.test(String(response.getHeader('cache-control')))
}

/**
 * Takes from an answer what belongs to this request of this caller: its id, and what their limits leave them.
 * The log has the id all the same.
 */
export function forgetWhoAsked(response: HttpResponse): void {
  forgetLimits(response)
  // The framework writes it when it sends.
  response.setRequestId = () => response
}

export function forgetLimits(response: HttpResponse): void {
  for (const name of ['limit', 'remaining', 'reset']) response.removeHeader(`x-ratelimit-${name}`)
}

/** Lets an answer be a page. */
export function openAsPage({ response }: HttpContext, { scripts = true } = {}): void {
  response.header('content-security-policy', scripts ? PUBLIC_PAGE : PAGE_WITHOUT_SCRIPTS)
  response.header('x-frame-options', 'DENY')
  describePage(response)
}

/** The same for a page of the console, whose policy is written by shield. */
export function openAsConsolePage({ response }: HttpContext): void {
  response.header('x-frame-options', 'SAMEORIGIN')
  describePage(response)
}

function describePage(response: HttpContext['response']): void {
  response.header('cross-origin-opener-policy', 'same-origin')
  response.header('permissions-policy', PERMISSIONS)
  response.header('referrer-policy', 'same-origin')
}

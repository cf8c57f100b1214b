import { recordError } from '#telemetry/record_error'
import { fingerprintOf } from '#telemetry/fingerprint'
import { currentScope } from '#telemetry/scope'

const ERROR = 50

/**
 * What every line of the log gets, whoever writes it: which request, job and transaction it is about, and, if
 * it tells of a failure, what that has in common with others of its cause. What is logged as an error counts
 * as one.
 */
export function aboutLine(line: object, level: number): object {
  const { err } = line as { err?: unknown }
  if (!(err instanceof Error)) return currentScope()
  const fingerprint = level >= ERROR ? recordError(err) : fingerprintOf(err)
  return { ...currentScope(), 'error.fingerprint': fingerprint }
}

import logger from '@adonisjs/core/services/logger'
import { context, SpanKind, trace, type Context } from '@opentelemetry/api'
import { duration } from '#telemetry/instruments'
import { recordError } from '#telemetry/record_error'
import { aboutTransaction, inScope, type Scope } from '#telemetry/scope'

interface Try {
  job: string
  id: string
  attempt: number
  lastAttempt: boolean
  data: object
  /** The ids of what caused it, and the trace that it goes on with. */
  scope: Scope
  parent: Context
}

let histogram: ReturnType<typeof duration> | undefined

/**
 * Runs one try of a job as a span of its own, with its ids on every line of the log, and says in the log how
 * it ended.
 *
 * @throws whatever the job throws
 */
export async function inJobSpan(
  { job, id, attempt, lastAttempt, data, scope, parent }: Try,
  run: () => Promise<void>
): Promise<void> {
  const ids = { ...scope, job, job_id: id, attempt }
  const span = trace.getTracer('safesend').startSpan(
    `job ${job}`,
    {
      kind: SpanKind.CONSUMER,
      attributes: {
        ...ids,
        'messaging.system': 'pg-boss',
        'messaging.destination.name': job,
        'messaging.operation.type': 'process',
      },
    },
    parent
  )
  const started = performance.now()
  const end = (outcome: 'done' | 'failed' | 'dead') => {
    histogram ??= duration('safesend.job.duration')
    histogram.record((performance.now() - started) / 1000, { job, outcome })
    span.end()
  }
  await context.with(trace.setSpan(parent, span), () =>
    inScope(ids, async () => {
      const { transactionId } = data as { transactionId?: unknown }
      if (typeof transactionId === 'string') aboutTransaction(transactionId)
      try {
        await run()
        logger.info({ ms: Math.round(performance.now() - started) }, 'job done')
        end('done')
      } catch (error) {
        recordError(error, undefined, span)
        if (lastAttempt)
          logger.error({ err: error }, 'job failed for the last time: staff must look')
        else logger.warn({ err: error }, 'job failed and will be tried again')
        end(lastAttempt ? 'dead' : 'failed')
        throw error
      }
    })
  )
}

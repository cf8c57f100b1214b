import { context, trace } from '@opentelemetry/api'
import { getRPCMetadata, RPCType } from '@opentelemetry/core'
import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'

/** Gives the span of a request its id, and the route that it took: a path holds ids, and links that let in. */
export async function spanOfRequest(ctx: HttpContext, id: string, next: NextFn): Promise<void> {
  const span = trace.getActiveSpan()
  if (!span) return next()
  span.setAttribute('request_id', id)
  const metadata = getRPCMetadata(context.active())
  await next()
  const route = ctx.route?.pattern
  if (!route) return
  span.updateName(`${ctx.request.method()} ${route}`)
  span.setAttribute('http.route', route)
  if (metadata?.type === RPCType.HTTP) metadata.route = route
}

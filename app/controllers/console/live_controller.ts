import type { HttpContext } from '@adonisjs/core/http'
import { consoleStreams } from '#console/live/console_streams'

export default class LiveController {
  /** A stream of server-sent events: each says that what the topic is about has changed. */
  async show(ctx: HttpContext) {
    // A stream that may carry nothing would never end.
    if (ctx.request.method() === 'HEAD')
      return ctx.response.type('text/event-stream').send(':ok\n\n')
    await consoleStreams.open(ctx, ctx.params.topic)
  }
}

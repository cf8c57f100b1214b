import type { HttpContext } from '@adonisjs/core/http'
import { forbidden } from '#exceptions/problem'
import { channelOf, streams } from '#notifications/live/streams'
import { openStreamValidator, subscriptionValidator } from '#validators/notification'

/** What `@adonisjs/transmit-client` asks for. */
export default class StreamsController {
  async show(ctx: HttpContext) {
    const { uid } = await openStreamValidator.validate(ctx.request.qs())
    // A stream that may carry nothing would never end.
    if (ctx.request.method() === 'HEAD')
      return ctx.response.type('text/event-stream').send(':ok\n\n')
    const userId = ctx.auth.getUserOrFail().id
    await streams.open(ctx, { userId, sessionId: ctx.auth.use('api').sessionId!, uid })
  }

  /**
   * A stream carries its user's channel from the start, wherever it is open. What is left to say is
   * whether a channel is one that the caller may listen to; nothing is ever put on a stream by this.
   */
  async subscribe({ auth, request, response }: HttpContext) {
    const { channel } = await request.validateUsing(subscriptionValidator)
    if (channel !== channelOf(auth.getUserOrFail().id)) {
      throw forbidden('There is no such channel, or it is not yours.', 'channel_refused')
    }
    return response.noContent()
  }

  /** Nothing to do: who wants no more closes the stream. */
  async unsubscribe(ctx: HttpContext) {
    return this.subscribe(ctx)
  }
}

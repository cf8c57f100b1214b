import type { HttpContext } from '@adonisjs/core/http'
import { actOf, doneAt } from '#console/acts'
import {
  countOpenEvents,
  idsOfEvents,
  listEvents,
  listReplays,
  readEvent,
  readReplay,
} from '#console/webhooks_page'
import { INBOX_STATUSES } from '#payments/replay_events'
import { startReplay } from '#payments/start_replay'
import {
  eventsFilters,
  replayAllValidator,
  replayChosenValidator,
} from '#validators/console/webhooks'

export default class WebhooksController {
  async index({ request, view }: HttpContext) {
    const query = await request.validateUsing(eventsFilters, { data: request.qs() })
    return view.render('console/webhooks/index', {
      query,
      page: await listEvents(query),
      open: await countOpenEvents(),
      statuses: INBOX_STATUSES,
    })
  }

  async show({ params, view }: HttpContext) {
    return view.render('console/webhooks/show', await readEvent(params.id))
  }

  async replay(ctx: HttpContext) {
    const act = await actOf(ctx)
    const { event } = await readEvent(ctx.params.id)
    return started(ctx, await startReplay([event.id], act))
  }

  async replayChosen(ctx: HttpContext) {
    const { events, reason } = await ctx.request.validateUsing(replayChosenValidator)
    return started(ctx, await startReplay(events, ctx.staff.act(reason)))
  }

  async replayAll(ctx: HttpContext) {
    const { reason, ...which } = await ctx.request.validateUsing(replayAllValidator)
    return started(ctx, await startReplay(await idsOfEvents(which), ctx.staff.act(reason)))
  }

  async replays({ view }: HttpContext) {
    return view.render('console/webhooks/replays', { replays: await listReplays() })
  }

  async showReplay({ params, view }: HttpContext) {
    return view.render('console/webhooks/replay', await readReplay(params.id))
  }
}

function started(ctx: HttpContext, replayId: string) {
  return doneAt(ctx, `/console/webhooks/replays/${replayId}`, 'They are processed once more.')
}

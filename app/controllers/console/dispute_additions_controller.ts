import type { HttpContext } from '@adonisjs/core/http'
import { doneAt } from '#console/acts'
import { closeAdditions, openAdditions } from '#escrow/disputes/close_additions'

export default class DisputeAdditionsController {
  async close(ctx: HttpContext) {
    await closeAdditions(ctx.params.id, ctx.staff.getUserOrFail().id)
    return back(ctx, 'Closed. Nothing can be added until it is decided or opened again.')
  }

  async open(ctx: HttpContext) {
    await openAdditions(ctx.params.id, ctx.staff.getUserOrFail().id)
    return back(ctx, 'Open. Messages, files and offers can be added again.')
  }
}

function back(ctx: HttpContext, done: string) {
  return doneAt(ctx, `/console/disputes/${ctx.params.id}`, done)
}

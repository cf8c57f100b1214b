import type { HttpContext } from '@adonisjs/core/http'
import { approveMilestone } from '#escrow/approve_milestone'
import { withIdempotency } from '#escrow/idempotency'
import { bindTo } from '#escrow/intent'
import { visibleMilestone } from '#escrow/visible'
import { assertVerified } from '#identity/verified'
import { releaseAnswer } from '#controllers/api/releases_controller'

export default class ApprovalsController {
  /** Approving submitted work releases everything that is held for it. */
  async store(ctx: HttpContext) {
    const user = ctx.auth.getUserOrFail()
    assertVerified(user)
    const milestone = await visibleMilestone(user, ctx.params.id)
    return withIdempotency(ctx, {
      run: async (claim) => {
        const release = await approveMilestone(milestone.id, { by: user, bind: bindTo(claim) })
        return releaseAnswer(release.id)
      },
      resume: releaseAnswer,
    })
  }
}

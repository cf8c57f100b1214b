import type { HttpContext } from '@adonisjs/core/http'
import { withIdempotency, type Answer } from '#escrow/idempotency'
import { bindTo } from '#escrow/intent'
import { releasePayment } from '#escrow/release_payment'
import { visibleMilestone } from '#escrow/visible'
import { assertVerified } from '#identity/verified'
import Release from '#models/release'
import ReleaseTransformer from '#transformers/release_transformer'
import { serialize } from '#transformers/serialize'
import { releaseValidator } from '#validators/payment'

export default class ReleasesController {
  /** Early release, in whole or in part. */
  async store(ctx: HttpContext) {
    const user = ctx.auth.getUserOrFail()
    assertVerified(user)
    const wanted = await ctx.request.validateUsing(releaseValidator)
    const milestone = await visibleMilestone(user, wanted.milestone_id)
    return withIdempotency(ctx, {
      run: async (claim) => {
        const release = await releasePayment(milestone.id, {
          by: user,
          amount: wanted.amount,
          bind: bindTo(claim),
        })
        return releaseAnswer(release.id)
      },
      resume: releaseAnswer,
    })
  }
}

/** How a release is answered, however it came about. */
export async function releaseAnswer(releaseId: string): Promise<Answer> {
  const release = await Release.query().where('id', releaseId).preload('payout').firstOrFail()
  return { status: 201, body: await serialize(ReleaseTransformer.transform(release)) }
}

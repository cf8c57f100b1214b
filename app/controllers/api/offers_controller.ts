import type { HttpContext } from '@adonisjs/core/http'
import { acceptOffer, declineOffer } from '#escrow/disputes/answer_offer'
import { makeOffer } from '#escrow/disputes/make_offer'
import { visibleDispute, visibleOffer } from '#escrow/disputes/visible_disputes'
import { withIdempotency } from '#escrow/idempotency'
import { bindTo } from '#escrow/intent'
import { assertVerified } from '#identity/verified'
import DisputeOffer from '#models/dispute_offer'
import { describeDispute, disputeAnswer } from '#transformers/describe'
import OfferTransformer from '#transformers/offer_transformer'
import { pageValidator, readPage } from '#transformers/page'
import { serialize, serializePage } from '#transformers/serialize'
import { offerValidator } from '#validators/dispute'

export default class OffersController {
  async index({ auth, params, request }: HttpContext) {
    const page = await pageValidator.validate(request.qs())
    const dispute = await visibleDispute(auth.getUserOrFail(), params.id)
    const read = await readPage(DisputeOffer.query().where('dispute_id', dispute.id), page)
    return serializePage(OfferTransformer.transform(read.rows), read)
  }

  async store({ auth, params, request, response }: HttpContext) {
    const by = auth.getUserOrFail()
    assertVerified(by)
    const form = await request.validateUsing(offerValidator)
    const { to_freelancer: toFreelancer, to_client: toClient, currency, note } = form
    const dispute = await visibleDispute(by, params.id)
    const offer = await makeOffer(dispute.id, { by, toFreelancer, toClient, currency, note })
    response.status(201)
    return serialize(OfferTransformer.transform(offer))
  }

  async accept(ctx: HttpContext) {
    const by = ctx.auth.getUserOrFail()
    assertVerified(by)
    const offer = await visibleOffer(by, ctx.params.id)
    return withIdempotency(ctx, {
      run: async (claim) => {
        await acceptOffer(offer.id, { by, bind: bindTo(claim) })
        return disputeAnswer(by, offer.disputeId)
      },
      resume: (id) => disputeAnswer(by, id),
    })
  }

  async decline({ auth, params }: HttpContext) {
    const by = auth.getUserOrFail()
    assertVerified(by)
    const offer = await visibleOffer(by, params.id)
    await declineOffer(offer.id, { by })
    return describeDispute(by, offer.disputeId)
  }
}

import { propose } from '#approvals/propose'
import { refundAdoption, type RefundThere } from '#escrow/adopt_refund'
import { unprocessable } from '#exceptions/problem'
import { ProviderFailure } from '#payments/provider'

/**
 * Proposes to adopt a refund that was made at the provider.
 *
 * @throws Problem 422 if the provider does not show it; and as `refundAdoption` and `propose` do
 */
export async function proposeAdoption(
  milestoneId: string,
  content: RefundThere,
  who: { by: string; reason: string }
) {
  try {
    return await propose(refundAdoption, { subjectId: milestoneId, content, ...who })
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error
    throw unprocessable('refund_id', 'provider', `The provider does not show it: ${error.message}`)
  }
}

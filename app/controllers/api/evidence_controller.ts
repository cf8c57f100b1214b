import type { HttpContext } from '@adonisjs/core/http'
import { signedDownload } from '#drive/signed_download'
import { addEvidence } from '#escrow/disputes/add_evidence'
import { visibleDispute, visibleEvidence } from '#escrow/disputes/visible_disputes'
import { assertSafe } from '#escrow/submitted_deliverables'
import EvidenceTransformer from '#transformers/evidence_transformer'
import { isoTime, serialize } from '#transformers/serialize'

export default class EvidenceController {
  async store({ auth, params, request, response }: HttpContext) {
    const by = auth.getUserOrFail()
    const dispute = await visibleDispute(by, params.id)
    const evidence = await addEvidence(dispute, { by, request: request.request })
    response.status(201)
    return serialize(EvidenceTransformer.transform(evidence))
  }

  async download({ auth, params }: HttpContext) {
    const found = await visibleEvidence(auth.getUserOrFail(), params.id)
    const { storageKey, name, contentType } = assertSafe(found)
    const { url, expiresAt } = await signedDownload(storageKey, { name, contentType })
    return { data: { url, expires_at: isoTime(expiresAt) } }
  }
}

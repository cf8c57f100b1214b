import type { HttpContext } from '@adonisjs/core/http'
import { receiptPdf } from '#receipts/receipt_pdf'

export default class ReceiptsController {
  async show({ auth, params, response }: HttpContext) {
    const receipt = await receiptPdf(params.id, auth.getUserOrFail())
    response.header('content-type', receipt.contentType)
    response.header('content-disposition', `attachment; filename="${receipt.filename}"`)
    response.header('cache-control', 'private, no-store')
    return response.send(receipt.bytes)
  }
}

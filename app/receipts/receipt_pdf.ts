import { inSnapshot } from '#database/snapshot'
import { readReceipt, type Viewer } from '#receipts/read_receipt'
import { setInType } from '#receipts/set_in_type'

export interface ReceiptFile {
  /** `DEP-20260314-0053789942F8` */
  number: string
  filename: string
  contentType: 'application/pdf'
  bytes: Buffer
}

/** The facts are there, but no file could be made of them. */
export class ReceiptNotMade extends Error {}

/**
 * The receipt of a completed deposit, release, payout or refund, as a PDF in the words of who looks at it.
 *
 * It is made anew each time and stored nowhere. What it says is read in one snapshot, and the same facts
 * give the same bytes; if a payout comes back later, or a debt is set off, a receipt made after that says so.
 *
 * @param viewer a party of the transaction's project: a client has receipts for deposits, releases and
 *   refunds, a freelancer for releases (with fee and net), payouts and refunds
 * @throws Problem 404 for what is not theirs; 409 `not_completed` with the status that it has; 409
 *   `no_receipt` for a fee, which is on its release's (`transaction_id`), or a chargeback
 * @throws ReceiptNotMade which no text that people wrote brings about
 */
export async function receiptPdf(transactionId: string, viewer: Viewer): Promise<ReceiptFile> {
  const receipt = await inSnapshot((trx) => readReceipt(trx, transactionId, viewer))
  return {
    number: receipt.number,
    filename: `safesend-${receipt.number}.pdf`,
    contentType: 'application/pdf',
    bytes: await setInType(receipt).catch((cause: unknown) => {
      throw new ReceiptNotMade(`The receipt of ${transactionId} could not be made.`, { cause })
    }),
  }
}

import { recordAudit, type Act } from '#audit/record_audit'
import type { FileKind } from '#escrow/kept_files'
import { SYSTEM } from '#escrow/record_activity'
import { takeOutOfQuarantine } from '#escrow/take_out_of_quarantine'
import { wrongState } from '#exceptions/problem'

/**
 * Releases a file after a false alarm of the scanner: whoever acts answers for it.
 *
 * @throws Problem 404; 409 `wrong_state` for one that is not in quarantine
 */
export async function releaseFile(kind: FileKind, id: string, act: Act): Promise<void> {
  const released = await takeOutOfQuarantine(kind, id, {
    by: act.actor.type === 'staff' ? act.actor : SYSTEM,
    write: async (trx, was) => {
      await recordAudit(trx, {
        ...act,
        action: 'file.released',
        target: { type: kind, id },
        before: { scan_status: was.scanStatus, signature: was.scanSignature },
        after: { scan_status: 'clean', sha256: was.sha256 },
      })
    },
  })
  if (!released) {
    throw wrongState('This file is not in quarantine (any more). Look at it anew.', 'clean')
  }
}

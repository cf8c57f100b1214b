import { validate as isUuid } from 'uuid'
import { signedDownload, type SignedDownload } from '#drive/signed_download'
import { notFound, wrongState } from '#exceptions/problem'
import DataExport from '#models/data_export'
import type User from '#models/user'

/** A user's exports, newest first, to be paged. */
export function exportsOf(user: User) {
  return DataExport.query().where('user_id', user.id)
}

/**
 * A link to an export's file, for the signed-in owner only. It works for minutes; they can ask for another.
 *
 * @throws Problem 404; 409 `wrong_state` unless it is ready, with its state
 */
export async function exportLink(user: User, id: string): Promise<SignedDownload> {
  const found = isUuid(id) ? await exportsOf(user).where('id', id).first() : null
  if (!found) throw notFound('export')
  const over = found.expiresAt !== null && found.expiresAt.toMillis() <= Date.now()
  if (found.state !== 'ready' || over) {
    const state = found.state === 'ready' ? 'expired' : found.state
    throw wrongState(`This export is ${state}, so there is nothing to fetch.`, state)
  }
  return signedDownload(found.key, { name: 'safesend-export.zip', contentType: 'application/zip' })
}

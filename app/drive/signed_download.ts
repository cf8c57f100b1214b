import drive from '@adonisjs/drive/services/main'
import { DateTime } from 'luxon'
import { attachment } from '#drive/attachment'
import { servedType } from '#drive/served_type'

/** Long enough to follow a link, too short for passing it on. */
const VALID_FOR_SECONDS = 300

export interface SignedDownload {
  url: string
  /** After it, the URL is refused. A download that has begun goes on. */
  expiresAt: DateTime
}

/**
 * A URL that gives one file to whoever has it, for a while: as an attachment, whatever is in it, under a
 * type that no browser runs.
 *
 * @param key of the file on the default disk, which is not looked at: URLs of absent files answer 404
 * @param options.name that the browser saves it under
 * @param options.contentType the file's own, default that of no particular kind
 */
export async function signedDownload(
  key: string,
  options: { name: string; contentType?: string; expiresInSeconds?: number }
): Promise<SignedDownload> {
  const expiresIn = options.expiresInSeconds ?? VALID_FOR_SECONDS
  const url = await drive.use().getSignedUrl(key, {
    expiresIn,
    contentType: servedType(options.contentType),
    contentDisposition: attachment(options.name),
  })
  return { url, expiresAt: DateTime.utc().plus({ seconds: expiresIn }) }
}

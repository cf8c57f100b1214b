import type { IncomingMessage } from 'node:http'
import drive from '@adonisjs/drive/services/main'
import logger from '@adonisjs/core/services/logger'
import { Problem, unprocessable } from '#exceptions/problem'
import { fileLabel } from '#drive/file_label'
import { Inspection } from '#drive/inspection'
import { receiveFile } from '#drive/multipart'
import { newKey } from '#drive/new_key'

/** A file that is on the disk, and what is known of it. */
export interface Received {
  key: string
  name: string
  size: number
  contentType: string
  sha256: string
}

/**
 * Takes in the file of a form and has it recorded. It goes straight to the disk, of which no transaction can
 * be part: so the row comes last, and a file without one is deleted, at once or, if this process does not
 * live to do so, by the job that looks for such files.
 *
 * @param request whose body is the form; the field is `file`
 * @param options.folder on the disk; one that `delete_orphans.ts` knows
 * @param record makes the row, in a transaction of its own
 * @throws Problem what `receiveFile` and `record` throw; 422 for an empty file
 */
export async function receiveUpload<Row>(
  request: IncomingMessage,
  { folder, maxBytes }: { folder: string; maxBytes: number },
  record: (received: Received) => Promise<Row>
): Promise<Row> {
  const key = newKey(folder)
  let received: Received
  try {
    received = await receiveFile(request, { field: 'file', maxBytes }, async (file) => {
      const inspection = new Inspection()
      await drive.use().putStream(key, inspection.watch(file.contents))
      return {
        key,
        name: fileLabel(file.name),
        size: inspection.size,
        contentType: await inspection.contentType(),
        sha256: inspection.digest(),
      }
    })
    if (received.size === 0) throw unprocessable('file', 'empty', 'The file is empty.')
  } catch (error) {
    await discard(key)
    throw error
  }
  try {
    return await record(received)
  } catch (error) {
    // Refused. After any other failure the row may be there all the same.
    if (error instanceof Problem) await discard(key)
    throw error
  }
}

async function discard(key: string): Promise<void> {
  await drive
    .use()
    .delete(key)
    .catch((error) => logger.warn({ err: error, key }, 'a refused upload is still on the disk'))
}

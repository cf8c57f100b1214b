import { createHash, randomUUID } from 'node:crypto'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MailResponse } from '@adonisjs/mail'
import type { MailTransportContract, NodeMailerMessage } from '@adonisjs/mail/types'

/**
 * Writes each message to a file instead of sending it: for development, tests and the demo, which
 * reads its links there. The names sort by time.
 */
export class FileTransport implements MailTransportContract {
  constructor(private directory: string) {}

  async send(message: NodeMailerMessage): Promise<MailResponse<{ file: string }>> {
    const id = randomUUID()
    const now = new Date()
    const file = join(this.directory, `${now.toISOString().replaceAll(':', '-')}-${id}.json`)
    const from = addressOf(message.from)
    const to = [message.to ?? []].flat().map(addressOf)
    const { subject, text, html } = message
    const attachments = (message.attachments ?? []).map(({ filename, contentType, content }) => ({
      filename,
      content_type: contentType,
      ...(Buffer.isBuffer(content) && {
        size: content.length,
        sha256: createHash('sha256').update(content).digest('hex'),
      }),
    }))
    const said = { id, date: now, from, to, subject, text, html, attachments }
    const content = JSON.stringify(said, null, 2)

    // Written aside and moved, so that who watches the directory never reads half a message.
    await mkdir(this.directory, { recursive: true })
    await writeFile(`${file}.part`, content, { mode: 0o600 })
    await rename(`${file}.part`, file)
    return new MailResponse(id, { from, to }, { file })
  }
}

function addressOf(address: NodeMailerMessage['from']): string {
  return typeof address === 'object' ? address.address : (address ?? '')
}

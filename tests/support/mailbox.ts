import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import env from '#start/env'
import { drain } from '#tests/support/jobs'

export interface ReadMail {
  to: string[]
  subject: string
  text: string
  html: string
  attachments: { filename: string; content_type: string; size: number; sha256: string }[]
}

const directory = () => env.get('MAIL_DIR')!

/** All mail to an address, oldest first, after the jobs that were to send some have run. */
export async function mailsTo(address: string): Promise<ReadMail[]> {
  await drain()
  const names = await readdir(directory()).catch(() => [])
  const files = names.filter((name) => name.endsWith('.json')).sort()
  const mails = await Promise.all(
    files.map(
      async (name) => JSON.parse(await readFile(join(directory(), name), 'utf8')) as ReadMail
    )
  )
  return mails.filter((mail) => mail.to.includes(address))
}

/** The token in the link of the last mail to an address whose link leads to `path`. */
export async function mailedToken(address: string, path: string): Promise<string> {
  const mails = await mailsTo(address)
  const links = mails
    .flatMap((mail) => mail.text.match(/https?:\S+/g) ?? [])
    .map((link) => new URL(link))
    .filter((link) => link.pathname === path)
  const token = new URLSearchParams(links.at(-1)?.hash.slice(1)).get('token')
  if (!token) throw new Error(`No mail to ${address} with a link to ${path}`)
  return token
}

export async function emptyMailboxes(): Promise<void> {
  await rm(directory(), { recursive: true, force: true })
}

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { waitFor } from '../surroundings/wait.js'

/** The e-mails that the `file` transport has written, instead of an inbox. */
export class Mailbox {
  constructor(
    private dir: string,
    private interrupted: AbortSignal
  ) {}

  /**
   * Waits for an e-mail to somebody and finds a link in it.
   *
   * @param pattern with the wanted part of the link as its first group
   */
  async find(to: string, pattern: RegExp): Promise<string> {
    return waitFor(`an e-mail to ${to} with ${pattern}`, () => this.#search(to, pattern), {
      interrupted: this.interrupted,
    })
  }

  async #search(to: string, pattern: RegExp): Promise<string | undefined> {
    const names = await readdir(this.dir).catch(() => [])
    // The transport takes this ending away when all of it is there.
    const written = names.filter((name) => !name.endsWith('.part'))
    for (const name of written.toSorted().toReversed()) {
      const text = await readFile(join(this.dir, name), 'utf8')
      const found = text.includes(to) ? pattern.exec(text)?.[1] : undefined
      if (found) return found
    }
    return undefined
  }
}

import {
  appendFileSync,
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

/** What a row must have to be kept and found again. */
export interface Keyed {
  kind: string
  id: string
  seq: number
}

export type JournalChange<R extends Keyed> =
  { put: R; drop?: never } | { drop: [R['kind'], string]; put?: never }

/**
 * An append-only file with one line per committed batch. A line is handed to the kernel before the
 * answer is sent, so a killed process loses nothing that a caller has seen. (It is not synced to the
 * disk: a stand-in need not survive a power cut.)
 */
export class Journal<R extends Keyed> {
  #path: string
  #fd?: number

  constructor(dataDir: string, name: string) {
    mkdirSync(dataDir, { recursive: true })
    this.#path = join(dataDir, `${name}.journal`)
  }

  /** Reads back the last state of every row, then rewrites the file to just that. */
  load(): R[] {
    const rows = new Map<string, R>()
    for (const change of this.#changes()) {
      if (change.drop) rows.delete(change.drop.join('/'))
      else rows.set(`${change.put.kind}/${change.put.id}`, change.put)
    }
    const kept = [...rows.values()].sort((a, b) => a.seq - b.seq)
    const compact = kept.map((put) => `${JSON.stringify([{ put }])}\n`).join('')
    writeFileSync(`${this.#path}.new`, compact)
    renameSync(`${this.#path}.new`, this.#path)
    this.#fd = openSync(this.#path, 'a')
    return kept
  }

  append(changes: JournalChange<R>[]): void {
    if (this.#fd !== undefined) appendFileSync(this.#fd, `${JSON.stringify(changes)}\n`)
  }

  clear(): void {
    if (this.#fd !== undefined) ftruncateSync(this.#fd, 0)
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }

  #changes(): JournalChange<R>[] {
    if (!existsSync(this.#path)) return []
    const lines = readFileSync(this.#path, 'utf8').split('\n')
    // What follows the last line break was cut off by a kill in the middle of a write; nobody has
    // seen an answer for it.
    lines.pop()
    return lines.flatMap((line) => JSON.parse(line) as JournalChange<R>[])
  }
}

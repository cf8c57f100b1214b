import { Journal, type JournalChange } from './journal.js'

/** What every stand-in hides of an object: when something is due by itself, in sandbox milliseconds. */
export interface Due {
  dueAt?: number
}

/**
 * One kept object. `owner` is the account it belongs to where there are several, else empty; `hidden`
 * is what the stand-in knows of it and does not show.
 */
export interface Kept<Kind extends string, Data, Hidden = Due> {
  kind: Kind
  id: string
  owner: string
  seq: number
  data: Data
  hidden: Hidden
}

/** One kept object of a store with those kinds. */
export type Row<Kinds, Hidden, K extends keyof Kinds & string = keyof Kinds & string> = Kept<
  K,
  Kinds[K],
  Hidden
>

/**
 * All state of a stand-in. Handlers change rows and `save` them; `commit` writes everything saved since
 * the last one as a single journal line, so that an effect and its stored answer survive together or
 * not at all.
 */
export class Store<Kinds extends object, Hidden extends Due> {
  #rows = new Map<string, Map<string, Row<Kinds, Hidden>>>()
  #due = new Map<string, Set<Row<Kinds, Hidden>>>()
  #dirty = new Map<string, JournalChange<Row<Kinds, Hidden>>>()
  #seq = 0
  #journal?: Journal<Row<Kinds, Hidden>>

  /** @param name of the journal in `dataDir`; without a folder, state lives in memory */
  constructor(name: string, dataDir?: string) {
    if (dataDir) this.#journal = new Journal(dataDir, name)
    for (const row of this.#journal?.load() ?? []) this.#keep(row)
  }

  get<K extends keyof Kinds & string>(kind: K, id: string): Row<Kinds, Hidden, K> | undefined {
    return this.#rows.get(kind)?.get(id) as Row<Kinds, Hidden, K> | undefined
  }

  /** All rows of a kind, oldest first. */
  rows<K extends keyof Kinds & string>(kind: K): Row<Kinds, Hidden, K>[] {
    return [...this.each(kind)]
  }

  /** Without copying, for scans over many rows. */
  each<K extends keyof Kinds & string>(kind: K): Iterable<Row<Kinds, Hidden, K>> {
    return (this.#rows.get(kind)?.values() ?? []) as Iterable<Row<Kinds, Hidden, K>>
  }

  /** The rows of a kind that wait for their `dueAt`. */
  due<K extends keyof Kinds & string>(kind: K): Row<Kinds, Hidden, K>[] {
    return [...(this.#due.get(kind) ?? [])] as unknown as Row<Kinds, Hidden, K>[]
  }

  count(kind: keyof Kinds & string): number {
    return this.#rows.get(kind)?.size ?? 0
  }

  add<K extends keyof Kinds & string>(
    kind: K,
    id: string,
    data: Kinds[K],
    owner = '',
    hidden: Hidden = {} as Hidden
  ): Row<Kinds, Hidden, K> {
    const row: Row<Kinds, Hidden, K> = { kind, id, owner, seq: ++this.#seq, data, hidden }
    this.#keep(row as unknown as Row<Kinds, Hidden>)
    this.save(row)
    return row
  }

  /** Marks a row as changed, to be written by the next `commit`. */
  save<K extends keyof Kinds & string>(row: Row<Kinds, Hidden, K>): void {
    const put = row as unknown as Row<Kinds, Hidden>
    this.#await(put)
    if (this.#journal) this.#dirty.set(`${row.kind}/${row.id}`, { put })
  }

  remove(kind: keyof Kinds & string, id: string): void {
    const row = this.#rows.get(kind)?.get(id)
    if (row) this.#due.get(kind)?.delete(row)
    this.#rows.get(kind)?.delete(id)
    if (this.#journal) this.#dirty.set(`${kind}/${id}`, { drop: [kind, id] })
  }

  commit(): void {
    if (this.#dirty.size === 0) return
    this.#journal?.append([...this.#dirty.values()])
    this.#dirty.clear()
  }

  clear(): void {
    this.#rows.clear()
    this.#due.clear()
    this.#dirty.clear()
    this.#journal?.clear()
  }

  close(): void {
    this.commit()
    this.#journal?.close()
  }

  #keep(row: Row<Kinds, Hidden>): void {
    let kind = this.#rows.get(row.kind)
    if (!kind) this.#rows.set(row.kind, (kind = new Map()))
    kind.set(row.id, row)
    this.#seq = Math.max(this.#seq, row.seq)
    this.#await(row)
  }

  #await(row: Row<Kinds, Hidden>): void {
    let waiting = this.#due.get(row.kind)
    if (!waiting) this.#due.set(row.kind, (waiting = new Set()))
    if (row.hidden.dueAt === undefined) waiting.delete(row)
    else waiting.add(row)
  }
}

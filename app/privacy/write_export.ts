import { Readable } from 'node:stream'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import drive from '@adonisjs/drive/services/main'
import { ZipFile } from 'yazl'
import { formatMinor } from '#ledger/money'
import { EXPORT_KINDS, type ExportKind } from '#privacy/export_kinds'
import { filesOf } from '#privacy/personal_files'

/** Rows that are read at a time, and so about how much is in memory, however much there is. */
const BATCH = 500

/** Of the column of file names in the README, and a space behind the longest. */
const WIDTH = Math.max(...EXPORT_KINDS.map(({ name }) => `${name}.json`.length)) + 2

const FIRST = '00000000-0000-0000-0000-000000000000'

interface Export {
  zip: Readable
  /** Resolves when nothing more is asked of the database: what follows in the zip are files. */
  allRead: Promise<void>
}

/**
 * The export of a user as a zip, written while it is read: rows and files go through in small pieces, one
 * entry after the other, the rows first.
 *
 * @param trx one snapshot of the database, to be kept open until `allRead`
 */
export function writeExport(trx: TransactionClientContract, userId: string): Export {
  const zip = new ZipFile()
  const output = zip.outputStream as unknown as Readable
  let rowsAreRead = () => {}
  const rowsRead = new Promise<void>((resolve, reject) => {
    rowsAreRead = resolve
    output.once('close', () => reject(new Error('The export was given up.')))
  })
  // What goes wrong anywhere ends the whole: half an export must not look like one.
  const fail = (error: unknown) => output.destroy(error as Error)
  zip.on('error', fail)
  // The file that is being read when nobody wants the rest.
  let source: Readable | undefined
  output.once('close', () => source?.destroy())

  const add = (path: string, open: () => Promise<Readable> | Readable, compress = true) =>
    zip.addReadStreamLazy(path, { compress }, (callback) => {
      Promise.resolve()
        .then(open)
        .then(
          (stream) => {
            source = stream.on('error', fail)
            if (output.destroyed) source.destroy()
            else callback(null, source)
          },
          (error) => fail(error)
        )
    })

  for (const kind of EXPORT_KINDS) {
    const json = () => Readable.from(jsonOf(trx, kind, userId))
    const isLast = kind === EXPORT_KINDS.at(-1)
    add(`${kind.name}.json`, isLast ? () => json().once('end', rowsAreRead) : json)
  }
  const filesFound = addFiles()
  filesFound.then(() => {
    zip.addBuffer(Buffer.from(readme()), 'README.txt')
    zip.end()
  }, fail)
  const allRead = Promise.all([rowsRead, filesFound]).then(() => {})
  // Whoever reads the zip learns of it there, too.
  allRead.catch(() => {})
  return { zip: output, allRead }

  async function addFiles() {
    for (const { key, path } of await filesOf(trx, userId)) {
      // What people upload is mostly compressed already.
      add(path, () => drive.use().getStream(key), false)
    }
  }
}

/** A JSON array, one row a line, read page by page. */
async function* jsonOf(trx: TransactionClientContract, kind: ExportKind, userId: string) {
  yield '['
  let between = '\n'
  for (let last = FIRST; ;) {
    const { rows } = await trx.rawQuery(
      `SELECT * FROM (${kind.sql}) of_user WHERE id > :last::uuid ORDER BY id LIMIT ${BATCH}`,
      { userId, last }
    )
    for (const row of rows) {
      yield `${between}  ${JSON.stringify(written(row, kind.money ?? []))}`
      between = ',\n'
    }
    if (rows.length < BATCH) break
    last = rows.at(-1).id
  }
  yield '\n]\n'
}

function written(row: Record<string, unknown>, money: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      if (typeof value !== 'bigint') return [name, value]
      return [name, money.includes(name) ? formatMinor(value, String(row.currency)) : `${value}`]
    })
  )
}

function readme(): string {
  const kinds = EXPORT_KINDS.map(({ name, about }) => `  ${`${name}.json`.padEnd(WIDTH)}${about}`)
  return [
    'Your data at SafeSend',
    '=====================',
    '',
    'This is what we know about you. The .json files can be read by programs and, with a text editor, by you:',
    'each is a list of records. Times are in UTC (ISO 8601). Amounts are decimal numbers in text, with their',
    'currency beside them. Records refer to each other by their ids.',
    '',
    ...kinds,
    `  ${'files/'.padEnd(WIDTH)}Files that you uploaded.`,
    '',
    'Left out is what would open a door to your account, such as passwords and the secrets of an authenticator',
    'app, and what other people have said about themselves beyond what you see of them in SafeSend.',
    '',
  ].join('\n')
}

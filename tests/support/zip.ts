import { buffer } from 'node:stream/consumers'
import { fromBuffer } from 'yauzl'

/** The entries of a zip, by name. */
export async function unzip(bytes: Buffer): Promise<Map<string, Buffer>> {
  const entries = new Map<string, Buffer>()
  await new Promise<void>((resolve, reject) =>
    fromBuffer(bytes, { lazyEntries: true }, (error, zip) => {
      if (error) return reject(error)
      zip.on('error', reject).on('end', resolve)
      zip.on('entry', (entry) =>
        zip.openReadStream(entry, async (failure, stream) => {
          if (failure) return reject(failure)
          entries.set(entry.fileName, await buffer(stream))
          zip.readEntry()
        })
      )
      zip.readEntry()
    })
  )
  return entries
}

import { PassThrough, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { buffer, text } from 'node:stream/consumers'
import {
  BlobSASPermissions,
  BlobServiceClient,
  RestError,
  SASProtocol,
  type BlobHTTPHeaders,
  type BlockBlobClient,
  type ContainerClient,
} from '@azure/storage-blob'
import { RuntimeException } from '@adonisjs/core/exceptions'
import string from '@adonisjs/core/helpers/string'
import { DriveDirectory, DriveFile } from 'flydrive'
import type {
  DriverContract,
  ObjectMetaData,
  ObjectVisibility,
  SignedURLOptions,
  UploadSignedURLOptions,
  WriteOptions,
} from 'flydrive/types'

export interface AzureBlobDriverOptions {
  /** As the portal shows it. With the account's key, without which no URL can be signed. */
  connectionString: string
  /** Without anonymous access. Exists already. */
  container: string
  /**
   * A second container, whose access level is "blob". Azure knows no visibility of a single blob, only
   * of a container: with this one, a public file is a file that lies there. Without it, every file has
   * the visibility of `container` and none can be changed.
   */
  publicContainer?: string
  /** Of what is written without one. */
  visibility: ObjectVisibility
}

/** What is in memory of a stream that is being written: so many blocks of so many bytes. */
const BLOCK_BYTES = 4 * 1024 * 1024
const BLOCKS_AT_ONCE = 2

/** So many blobs are deleted at once. */
const DELETED_AT_ONCE = 16

const SIGNED_FOR = '30 mins'

/** In tokens of pages that come from the public container. */
const IN_PUBLIC = 'public:'

/**
 * flydrive's driver for Azure Blob Storage: keys are names of block blobs, a bucket is a container.
 *
 * As in flydrive's own drivers, `Disk` turns what is thrown here into its errors (`E_CANNOT_READ_FILE`
 * and so on); the `RestError` is their cause. Where those drivers take a prefix for the beginning of a
 * name, here it is a folder, as on the disk of a machine: `deleteAll('a')` leaves `ab/c` alone.
 */
export class AzureBlobDriver implements DriverContract {
  #service: BlobServiceClient
  #container: ContainerClient
  #public?: ContainerClient

  constructor(private options: AzureBlobDriverOptions) {
    this.#service = BlobServiceClient.fromConnectionString(options.connectionString)
    this.#container = this.#service.getContainerClient(options.container)
    this.#public =
      options.publicContainer === undefined
        ? undefined
        : this.#service.getContainerClient(options.publicContainer)
    if (!this.#public && options.visibility === 'public') {
      throw new RuntimeException('Files are public by default only if there is a publicContainer.')
    }
  }

  /** @throws RestError if the container cannot be reached, or is not there */
  async check(): Promise<void> {
    await this.#container.getProperties()
  }

  async exists(key: string): Promise<boolean> {
    return (await this.#find(key)) !== undefined
  }

  async get(key: string): Promise<string> {
    return text(await this.getStream(key))
  }

  async getBytes(key: string): Promise<Uint8Array> {
    return new Uint8Array(await buffer(await this.getStream(key)))
  }

  /** Reconnects by itself where a connection breaks off. */
  async getStream(key: string): Promise<Readable> {
    const answer = await this.#either(key, (blob) =>
      blob.download(undefined, undefined, { maxRetryRequests: 3 })
    )
    return answer.readableStreamBody as Readable
  }

  async getMetaData(key: string): Promise<ObjectMetaData> {
    return metaDataOf(await this.#either(key, (blob) => blob.getProperties()))
  }

  /** That of the container which the file lies in. */
  async getVisibility(key: string): Promise<ObjectVisibility> {
    const container = this.#public ? await this.#home(key) : this.#container
    if (container === this.#public) return 'public'
    const { blobPublicAccess } = await container.getProperties()
    return blobPublicAccess ? 'public' : 'private'
  }

  /**
   * Moves the file to the container of that visibility. Its signed URLs are void afterwards.
   *
   * @throws RuntimeException if there is no such container
   */
  async setVisibility(key: string, visibility: ObjectVisibility): Promise<void> {
    if (!this.#public) {
      if ((await this.getVisibility(key)) === visibility) return
      throw new RuntimeException(
        `Azure decides by container who may read, and there is none for ${visibility} files.`
      )
    }
    const from = await this.#home(key)
    const to = this.#containerFor(visibility)
    if (from === to) return
    await copyBlob(from.getBlockBlobClient(key), to.getBlockBlobClient(key))
    await from.getBlockBlobClient(key).deleteIfExists()
  }

  /** Answers to anybody for a public file, to nobody for a private one. */
  async getUrl(key: string): Promise<string> {
    return (this.#public ?? this.#container).getBlockBlobClient(key).url
  }

  async getSignedUrl(key: string, options: SignedURLOptions = {}): Promise<string> {
    const container = this.#public ? await this.#home(key) : this.#container
    return this.#sign(container.getBlockBlobClient(key), 'r', options)
  }

  /**
   * For `PUT` with the header `x-ms-blob-type: BlockBlob`. The type of the file is what that request says
   * in `x-ms-blob-content-type`: Azure's signatures bind neither type nor size of what is uploaded.
   */
  async getSignedUploadUrl(key: string, options: UploadSignedURLOptions = {}): Promise<string> {
    const blob = this.#containerFor(this.options.visibility).getBlockBlobClient(key)
    return this.#sign(blob, 'cw', { expiresIn: options.expiresIn })
  }

  async put(key: string, contents: string | Uint8Array, options?: WriteOptions): Promise<void> {
    const bytes = Buffer.from(contents as string)
    await this.#write(key, options, (blob) =>
      blob.upload(bytes, bytes.byteLength, { blobHTTPHeaders: headersOf(options) })
    )
  }

  /** A stream that fails or breaks off leaves what was there before, or nothing. */
  async putStream(key: string, contents: Readable, options?: WriteOptions): Promise<void> {
    await this.#write(key, options, async (blob) => {
      // The SDK waits for ever for a stream that is closed before its end; a pipeline tells.
      const source = new PassThrough({ highWaterMark: 64 * 1024 })
      const giveUp = new AbortController()
      const read = pipeline(contents, source).catch((error) => {
        giveUp.abort()
        throw error
      })
      const written = blob.uploadStream(source, BLOCK_BYTES, BLOCKS_AT_ONCE, {
        blobHTTPHeaders: headersOf(options),
        abortSignal: giveUp.signal,
      })
      written.catch((error) => source.destroy(error))
      const [reading, writing] = await Promise.allSettled([read, written])
      // Whichever failed first made the other fail too.
      if (writing.status === 'rejected' && !giveUp.signal.aborted) throw writing.reason
      if (reading.status === 'rejected') throw reading.reason
    })
  }

  /** Azure copies; nothing passes through here. Keeps the visibility if `options` names none. */
  async copy(source: string, destination: string, options: WriteOptions = {}): Promise<void> {
    const from = await this.#home(source)
    const to = options.visibility ? this.#containerFor(options.visibility) : from
    if (from === to && source === destination) return
    await copyBlob(from.getBlockBlobClient(source), to.getBlockBlobClient(destination), options)
    await this.#otherThan(to)?.getBlockBlobClient(destination).deleteIfExists()
  }

  async move(source: string, destination: string, options: WriteOptions = {}): Promise<void> {
    if (source === destination) {
      if (options.visibility) await this.setVisibility(source, options.visibility)
      return
    }
    await this.copy(source, destination, options)
    await this.delete(source)
  }

  async delete(key: string): Promise<void> {
    for (const container of this.#containers()) {
      await container.getBlockBlobClient(key).deleteIfExists({ deleteSnapshots: 'include' })
    }
  }

  async deleteAll(prefix: string): Promise<void> {
    for (const container of this.#containers()) {
      for await (const page of container.listBlobsFlat({ prefix: folder(prefix) }).byPage()) {
        const names = page.segment.blobItems.map(({ name }) => name)
        for (let from = 0; from < names.length; from += DELETED_AT_ONCE) {
          await Promise.all(
            names
              .slice(from, from + DELETED_AT_ONCE)
              .map((name) =>
                container.getBlockBlobClient(name).deleteIfExists({ deleteSnapshots: 'include' })
              )
          )
        }
      }
    }
  }

  /**
   * One page; the next by its token. With a public container, what is private comes first, and a folder
   * with files of both kinds comes twice.
   *
   * @param options.maxResults of a page, at most 5000, which is the default
   */
  async listAll(
    prefix: string,
    options: { recursive?: boolean; paginationToken?: string; maxResults?: number } = {}
  ): Promise<{ paginationToken?: string; objects: Iterable<DriveFile | DriveDirectory> }> {
    const inPublic = options.paginationToken?.startsWith(IN_PUBLIC) ?? false
    const container = inPublic && this.#public ? this.#public : this.#container
    const continuationToken =
      (inPublic ? options.paginationToken!.slice(IN_PUBLIC.length) : options.paginationToken) ||
      undefined
    const settings = { continuationToken, maxPageSize: options.maxResults }
    const query = { prefix: folder(prefix) }
    const pages = options.recursive
      ? container.listBlobsFlat(query).byPage(settings)
      : container.listBlobsByHierarchy('/', query).byPage(settings)
    const { value: page } = await pages.next()

    const directories: string[] = (page.segment.blobPrefixes ?? []).map(
      ({ name }: { name: string }) => name.replace(/\/$/, '')
    )
    const driver = this
    const next: string | undefined = page.continuationToken || undefined
    return {
      paginationToken: this.#nextToken(container, next),
      objects: {
        *[Symbol.iterator]() {
          for (const directory of directories) yield new DriveDirectory(directory)
          for (const { name, properties } of page.segment.blobItems) {
            yield new DriveFile(name, driver, metaDataOf(properties))
          }
        },
      },
    }
  }

  /** The same account's other container. */
  bucket(container: string): AzureBlobDriver {
    return new AzureBlobDriver({ ...this.options, container, publicContainer: undefined })
  }

  #nextToken(container: ContainerClient, next?: string): string | undefined {
    if (!this.#public) return next
    if (container === this.#public) return next && IN_PUBLIC + next
    return next ?? IN_PUBLIC
  }

  #containers(): ContainerClient[] {
    return this.#public ? [this.#container, this.#public] : [this.#container]
  }

  #otherThan(container: ContainerClient): ContainerClient | undefined {
    return this.#containers().find((other) => other !== container)
  }

  /** @throws RuntimeException if there is no container for public files */
  #containerFor(visibility: ObjectVisibility): ContainerClient {
    if (visibility === 'private') return this.#container
    if (this.#public) return this.#public
    throw new RuntimeException('Azure decides by container who may read, and none is public here.')
  }

  async #find(key: string): Promise<ContainerClient | undefined> {
    for (const container of this.#containers()) {
      if (await container.getBlockBlobClient(key).exists()) return container
    }
    return undefined
  }

  /** @throws RestError 404 if the file is nowhere */
  async #home(key: string): Promise<ContainerClient> {
    const home = await this.#find(key)
    if (!home) await this.#container.getBlockBlobClient(key).getProperties()
    return home ?? this.#container
  }

  /** Asks for a file where it is, which is mostly the first place. */
  async #either<T>(key: string, ask: (blob: BlockBlobClient) => Promise<T>): Promise<T> {
    try {
      return await ask(this.#container.getBlockBlobClient(key))
    } catch (error) {
      if (!this.#public || !isNotFound(error)) throw error
      return ask(this.#public.getBlockBlobClient(key))
    }
  }

  /** Writes to the container of the wanted visibility, so that a key is one file. */
  async #write(
    key: string,
    options: WriteOptions | undefined,
    write: (blob: BlockBlobClient) => Promise<unknown>
  ): Promise<void> {
    const container = this.#containerFor(options?.visibility ?? this.options.visibility)
    await write(container.getBlockBlobClient(key))
    await this.#otherThan(container)?.getBlockBlobClient(key).deleteIfExists()
  }

  #sign(blob: BlockBlobClient, permissions: string, options: SignedURLOptions): Promise<string> {
    const seconds = string.seconds.parse(options.expiresIn ?? SIGNED_FOR)
    return blob.generateSasUrl({
      permissions: BlobSASPermissions.parse(permissions),
      expiresOn: new Date(Date.now() + seconds * 1000),
      contentType: options.contentType,
      contentDisposition: options.contentDisposition,
      // Only a stand-in on this machine is spoken to in the clear.
      protocol: blob.url.startsWith('https:') ? SASProtocol.Https : SASProtocol.HttpsAndHttp,
    })
  }
}

/**
 * Waits until the copy is whole. Type and other headers are the source's, but for those that are named.
 *
 * @throws RestError 404 if there is no source; Error if Azure gave up
 */
async function copyBlob(
  from: BlockBlobClient,
  to: BlockBlobClient,
  options?: WriteOptions
): Promise<void> {
  const poller = await to.beginCopyFromURL(from.url, { intervalInMs: 200 })
  const { copyStatus } = await poller.pollUntilDone()
  if (copyStatus !== 'success') throw new RuntimeException(`The copy ended as "${copyStatus}".`)
  const named = Object.entries(headersOf(options)).filter(([, value]) => value !== undefined)
  if (named.length === 0) return
  const kept = await to.getProperties()
  await to.setHTTPHeaders({
    blobContentType: kept.contentType,
    blobContentEncoding: kept.contentEncoding,
    blobContentLanguage: kept.contentLanguage,
    blobContentDisposition: kept.contentDisposition,
    blobCacheControl: kept.cacheControl,
    blobContentMD5: kept.contentMD5,
    ...Object.fromEntries(named),
  })
}

function headersOf(options: WriteOptions = {}): BlobHTTPHeaders {
  return {
    blobContentType: options.contentType,
    blobContentLanguage: options.contentLanguage,
    blobContentEncoding: options.contentEncoding,
    blobContentDisposition: options.contentDisposition,
    blobCacheControl: options.cacheControl,
  }
}

function metaDataOf(properties: {
  contentType?: string
  contentLength?: number
  etag?: string
  lastModified?: Date
}): ObjectMetaData {
  return {
    contentType: properties.contentType,
    contentLength: properties.contentLength ?? 0,
    // Quoted when a blob is asked for, and not in lists.
    etag: `"${properties.etag?.replaceAll('"', '') ?? ''}"`,
    lastModified: properties.lastModified ?? new Date(0),
  }
}

/** The prefix of all that is in a folder. `Disk` calls the root "/". */
function folder(prefix: string): string | undefined {
  const name = prefix.replace(/^\/|\/$/g, '')
  return name === '' ? undefined : `${name}/`
}

function isNotFound(error: unknown): boolean {
  return error instanceof RestError && error.statusCode === 404
}

import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import sharp from 'sharp'
import { fileTypeFromFile } from 'file-type'
import drive from '@adonisjs/drive/services/main'
import { inTransaction } from '#database/transaction'
import { receiveFile } from '#drive/multipart'
import { newKey } from '#drive/new_key'
import { unprocessable } from '#exceptions/problem'
import { AVATARS } from '#identity/avatar_url'
import { TurnStile, TurnStiles } from '#identity/turnstile'
import deleteFile from '#jobs/delete_file'
import { enqueue } from '#jobs/queue'
import Profile from '#models/profile'
import User from '#models/user'

const MAX_BYTES = 5 * 1024 * 1024

/** Of either side of what is shown. Nothing is made larger than it was. */
const SIDE = 512

/** For all of it to arrive: 5 MB at less than a megabit per second. */
const DEADLINE_MS = 60_000

/** A photo of a good camera; decoded, it is 75 MB. A few KB of PNG could claim to be a gigapixel. */
const MAX_PIXELS = 25_000_000

const TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif']

/** Who sends many at once, or slowly, keeps themselves waiting and not others. */
const own = new TurnStiles({ running: 1, waiting: 3, what: 'pictures of yours' })

/** Each is a temporary file of up to `MAX_BYTES`. */
const arriving = new TurnStile({ running: 64, waiting: 32, share: 1, what: 'pictures' })

/** Each may take as much memory as `MAX_PIXELS` has it. */
const decoding = new TurnStile({
  running: Math.min(2, availableParallelism()),
  waiting: 32,
  share: 4,
  what: 'pictures',
})

// Loaders of drawings, documents and whatever else libvips can read have no business with strangers' files.
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({
  operation: [
    'VipsForeignLoadJpeg',
    'VipsForeignLoadPng',
    'VipsForeignLoadWebp',
    'VipsForeignLoadNsgif',
    'VipsForeignLoadHeif',
  ],
})
// No file is read twice.
sharp.cache(false)

/**
 * Gives a user another picture: drawn anew from the pixels of what was sent, so that nothing else of it
 * is left (place and time of a photo, pages hidden behind the picture, further frames).
 *
 * @param request whose body is the form; the field is `avatar`
 * @returns the user with the profile loaded
 * @throws Problem what `receiveFile` throws; 422 if it is no picture of a type that browsers know; 503 `busy`
 */
export async function uploadAvatar(userId: string, request: IncomingMessage): Promise<User> {
  return own.pass(userId, async () => {
    const picture = await receivePicture(userId, request)
    const key = newKey(AVATARS, 'webp')
    await drive.use().put(key, picture, { contentType: 'image/webp' })
    // A picture that no profile names is deleted by the job that looks for such files.
    return setAvatar(userId, key.slice(AVATARS.length + 1))
  })
}

/** Not by way of memory: those who send their pictures slowly would fill it. */
async function receivePicture(userId: string, request: IncomingMessage): Promise<Buffer> {
  const sent = join(tmpdir(), `safesend-avatar-${randomUUID()}`)
  const rules = { field: 'avatar', maxBytes: MAX_BYTES, deadlineMs: DEADLINE_MS }
  try {
    await arriving.pass(userId, () =>
      receiveFile(request, rules, ({ contents }) =>
        pipeline(contents, createWriteStream(sent, { flags: 'wx', mode: 0o600 }))
      )
    )
    return await decoding.pass(userId, () => redraw(sent))
  } finally {
    await rm(sent, { force: true })
  }
}

/** Takes the picture away. Doing so again changes nothing. */
export async function removeAvatar(userId: string): Promise<User> {
  return setAvatar(userId, null)
}

async function setAvatar(userId: string, avatar: string | null): Promise<User> {
  return inTransaction(async (trx) => {
    const user = await User.findOrFail(userId, { client: trx })
    const profile = await Profile.query({ client: trx })
      .where('userId', userId)
      .forUpdate()
      .firstOrFail()
    if (profile.avatar) await enqueue(trx, deleteFile, { key: `${AVATARS}/${profile.avatar}` })
    await profile.merge({ avatar }).save()
    user.$setRelated('profile', profile)
    return user
  })
}

/** @param sent path of what was sent */
async function redraw(sent: string): Promise<Buffer> {
  const type = await fileTypeFromFile(sent).catch(() => undefined)
  if (!type || !TYPES.includes(type.mime)) throw noPicture()
  try {
    return await sharp(sent, { limitInputPixels: MAX_PIXELS, failOn: 'error' })
      .autoOrient()
      .resize(SIDE, SIDE, { fit: 'inside', withoutEnlargement: true })
      .webp({ quality: 82 })
      .timeout({ seconds: 10 })
      .toBuffer()
  } catch {
    throw noPicture()
  }
}

function noPicture() {
  return unprocessable(
    'avatar',
    'image',
    'This is no picture that can be read. Send a JPEG, PNG, WebP, GIF or AVIF of at most 25 megapixels.'
  )
}

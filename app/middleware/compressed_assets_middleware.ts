import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import app from '@adonisjs/core/services/app'
import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { forgetLimits } from '#middleware/answer_headers'
import { preferredEncoding } from '#site/answer'

const ENDINGS = { br: '.br', gzip: '.gz' }

/** Names of what the build has compressed, as it found them; there are few, and they are small. */
let names: Promise<Set<string>> | undefined
const contents = new Map<string, Buffer>()

/** Hands out what the build has compressed (`bin/surroundings/compressed.ts`); anything else goes on to be looked for. */
export default class CompressedAssetsMiddleware {
  async handle({ request, response, params }: HttpContext, next: NextFn) {
    // What is not compressed is sent before anybody after us could take them away.
    forgetLimits(response)
    const name = (params['*'] as string[]).join('/')
    names ??= compressedNames()
    const known = await names
    if (!known.has(name + ENDINGS.gzip)) return next()
    // Straight on Node's response: what is not compressed is sent past the framework.
    response.response.appendHeader('vary', 'Accept-Encoding')
    const encoding = preferredEncoding(request)
    if (!encoding) return next()
    const content = await contentOf(name + ENDINGS[encoding])
    response.header('cache-control', 'public, max-age=31536000, immutable')
    response.header('content-encoding', encoding)
    return response.type(extname(name)).send(content)
  }
}

async function compressedNames(): Promise<Set<string>> {
  const folder = app.publicPath('assets')
  const files = existsSync(folder) ? await readdir(folder) : []
  return new Set(files.filter((file) => /\.(br|gz)$/.test(file)))
}

async function contentOf(file: string): Promise<Buffer> {
  const known = contents.get(file)
  if (known) return known
  const content = await readFile(app.publicPath('assets', file))
  contents.set(file, content)
  return content
}

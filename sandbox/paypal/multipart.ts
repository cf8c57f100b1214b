import type { Json } from './endpoint.js'

export interface FormData {
  fields: Json
  /** Names of the files. */
  files: string[]
}

/**
 * Reads a multipart body, as evidence comes: parts with a file name are files, of which only the name
 * is kept; the others, and whatever says that it is JSON, are values.
 */
export function readMultipart(body: Buffer, contentType: string): FormData {
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1]
  const fields: Json = {}
  const files: string[] = []
  // One byte is one character, so that files in it do no harm.
  const parts = boundary ? body.toString('latin1').split(`--${boundary}`).slice(1, -1) : []
  for (const part of parts) {
    const [head, ...rest] = part.split('\r\n\r\n')
    const name = /\bname="([^"]*)"/.exec(head)?.[1] ?? 'input'
    const file = /filename="([^"]*)"/.exec(head)?.[1]
    const isJson = /^content-type: *application\/json/im.test(head)
    if (file !== undefined && !isJson) files.push(utf8(file))
    else fields[name] = valueOf(utf8(rest.join('\r\n\r\n').replace(/\r\n$/, '')))
  }
  return { fields, files }
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

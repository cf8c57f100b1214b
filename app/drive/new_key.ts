import { randomBytes } from 'node:crypto'

/**
 * Where a new file is kept. Nobody can guess it, and nothing that a user says is in it.
 *
 * @param folder such as `deliverables/<milestone>`
 * @param extension without a dot, by which the `fs` disk knows a type
 */
export function newKey(folder: string, extension?: string): string {
  const name = randomBytes(16).toString('hex')
  return `${folder}/${name}${extension ? `.${extension}` : ''}`
}

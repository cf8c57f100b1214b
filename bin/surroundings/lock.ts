import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandLine, isAlive } from './process_table.js'

/**
 * Makes this process the only one that uses a data folder. What a killed process left is taken over.
 *
 * @returns how to give it back
 * @throws Error naming the process that has it
 */
export function lockFolder(dir: string): () => void {
  mkdirSync(dir, { recursive: true })
  const file = join(dir, 'lock')
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
  } catch {
    const pid = Number(readFileSync(file, 'utf8'))
    if (isAlive(pid) && commandLine(pid).includes('bin/')) {
      throw new Error(`${dir} is in use by process ${pid}. Stop that one first (Ctrl-C there).`)
    }
    writeFileSync(file, String(process.pid))
  }
  return () => rmSync(file, { force: true })
}

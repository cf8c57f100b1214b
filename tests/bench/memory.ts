import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Of Linux, whatever its kernel's own is: what /proc counts in. */
const TICKS_PER_SECOND = 100

/** The memory that a process has in RAM, in bytes. Linux only, as the benches that ask are. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? []
  if (!kilobytes) throw new Error(`Nothing is said about the memory of process ${pid}.`)
  return Number(kilobytes) * 1024
}

export function mebibytes(bytes: number): number {
  return bytes / 1024 / 1024
}

/** Milliseconds that a process has worked, its children that have ended included. */
export async function workedMs(pid: number): Promise<number> {
  const { own, children } = await ticks(pid)
  return ((own + children) * 1000) / TICKS_PER_SECOND
}

/** Milliseconds that PostgreSQL has worked, all of its processes together. */
export async function databaseWorkedMs(dataDir: string): Promise<number> {
  const postmaster = Number(
    (await readFile(join(dataDir, 'postmaster.pid'), 'utf8')).split('\n')[0]
  )
  let sum = await workedMs(postmaster)
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const found = await ticks(Number(name)).catch(() => undefined)
    if (found?.parent === postmaster) sum += (found.own * 1000) / TICKS_PER_SECOND
  }
  return sum
}

async function ticks(pid: number): Promise<{ parent: number; own: number; children: number }> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  // Its name, in parentheses, may have blanks.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  return { parent: fields[1], own: fields[11] + fields[12], children: fields[13] + fields[14] }
}

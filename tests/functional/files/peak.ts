import { readFileSync, writeFileSync } from 'node:fs'

/** The most memory that a process has had since `forgetPeak`, in bytes. */
export const peakOf = (pid: number) =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024

export const forgetPeak = (pid: number) => writeFileSync(`/proc/${pid}/clear_refs`, '5')

/** Imported into a process to be measured: leaves its largest resident size, in kilobytes, in a file. */
import { writeFileSync } from 'node:fs'

process.on('exit', () => {
  writeFileSync(process.env.PEAK_MEMORY_FILE, String(process.resourceUsage().maxRSS))
})

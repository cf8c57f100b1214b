/**
 * For the image's HEALTHCHECK: is the web server alive? Not whether it is ready, because an engine ends
 * what is unhealthy, and a database that is away comes back without that. Other commands have no port.
 */
import { readFileSync } from 'node:fs'

const [, program] = readFileSync('/proc/1/cmdline', 'utf8').split('\0')
if (!program?.endsWith('server.js') && !process.argv.includes('--web')) process.exit(0)

const answer = await fetch(`http://127.0.0.1:${process.env.PORT}/health/live`, {
  signal: AbortSignal.timeout(4000),
}).catch((error) => error)
if (!answer.ok) console.error(answer.status ?? answer.message)
process.exitCode = answer.ok ? 0 : 1

/**
 * Starts a PostgreSQL and a process that has a child and ignores SIGTERM, prints their ids, and waits
 * to be killed. Argument: a folder for the data.
 */
import { startPostgres } from '../../bin/surroundings/postgres.js'
import { Processes } from '../../bin/surroundings/processes.js'

const [dir] = process.argv.slice(2)
await startPostgres({ dir: `${dir}/data`, password: 'secret' })
const processes = new Processes({ env: {}, logs: dir })
processes.start('stubborn', ['/bin/sh', '-c', 'trap "" TERM; sleep 600 & echo "child $!"; wait'])
console.log(JSON.stringify({ started: true }))
setInterval(() => {}, 1000)

/**
 * Starts a PostgreSQL, a Redis and a process that has a child and ignores SIGTERM, prints what is known
 * of their ids, and waits to be killed. Argument: a folder for the data.
 */
import { startPostgres } from '../../bin/surroundings/postgres.js'
import { Processes } from '../../bin/surroundings/processes.js'
import { startRedis } from '../../bin/surroundings/redis.js'

const [dir] = process.argv.slice(2)
await startPostgres({ dir: `${dir}/data`, password: 'secret' })
const redis = await startRedis()
const processes = new Processes({ env: {}, logs: dir })
processes.start('stubborn', ['/bin/sh', '-c', 'trap "" TERM; sleep 600 & echo "child $!"; wait'])
console.log(JSON.stringify({ redis: redis.pid }))
setInterval(() => {}, 1000)

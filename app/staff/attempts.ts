import { createHash } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { Problem } from '#exceptions/problem'
import { networkOf } from '#identity/origin'
import type { SignInOrigin } from '#identity/sessions'
import { enqueue } from '#jobs/queue'
import reportLockOut from '#jobs/report_lock_out'
import { staffHasSignedInFrom } from '#staff/known_network'

/** From this many wrong attempts in a row on, each makes the next one wait twice as long as the one before. */
const FREE_ATTEMPTS = 5
const LONGEST_PAUSE_MINUTES = 60

/** Attempts that are as long ago as this count no more. */
const FORGOTTEN_AFTER = '24 hours'

/** An attempt that was counted and whose outcome is not known yet. */
export interface Attempt {
  address: string
  network: string
  failed: number
  /** The lock that it has set, as the database writes it. */
  lock: string | null
}

/**
 * Counts an attempt to sign in, or to give a code, before it is looked at: so that a hundred at the same moment
 * are a hundred, and not one. It counts as wrong until `takeBack` or `forgetAttempts`.
 *
 * An address that nobody has is counted and locked like any other. Attempts from a network that its owner has
 * signed in from are counted by themselves, so that strangers cannot lock them out at their desk.
 *
 * @param address lower case, trimmed
 * @throws Problem 429 `too_many_attempts` while nothing is taken for the address
 */
export async function countAttempt(address: string, origin: SignInOrigin): Promise<Attempt> {
  const network = await knownNetwork(address, origin)
  const addressHash = hashOf(address)
  const { rows } = await db.rawQuery(
    `INSERT INTO staff_attempts AS a (address_hash, network, failed) VALUES (:addressHash, :network, 1)
     ON CONFLICT (address_hash, network) DO UPDATE SET
       failed = CASE WHEN a.last_at < now() - :forgotten::interval THEN 1 ELSE a.failed + 1 END,
       locked_until = CASE WHEN a.last_at >= now() - :forgotten::interval AND a.failed + 1 >= :free THEN
         now() + make_interval(mins => least(:longest, 2 ^ least(a.failed + 1 - :free, 10))::int) END,
       last_at = now()
     WHERE a.locked_until IS NULL OR a.locked_until <= now()
     RETURNING failed, locked_until::text AS lock`,
    {
      addressHash,
      network,
      forgotten: FORGOTTEN_AFTER,
      free: FREE_ATTEMPTS,
      longest: LONGEST_PAUSE_MINUTES,
    }
  )
  if (rows.length === 0) throw await locked(addressHash, network)
  return { address, network, failed: rows[0].failed, lock: rows[0].lock }
}

/**
 * The attempt was not wrong, but it is not all that is needed: what was wrong before still counts. The lock goes
 * that it has set itself, for else the right password would keep out who gives it; that of another attempt stays.
 */
export async function takeBack({ address, network, lock }: Attempt): Promise<void> {
  await db.rawQuery(
    `UPDATE staff_attempts SET failed = greatest(failed - 1, 0),
       locked_until = nullif(locked_until, ?::timestamptz)
     WHERE address_hash = ? AND network = ?`,
    [lock, hashOf(address), network]
  )
}

/** Somebody has given all that is needed, from this network; or they are to begin anew, from everywhere. */
export async function forgetAttempts(
  client: Pick<QueryClientContract, 'from'>,
  { address, network }: { address: string; network?: string }
): Promise<void> {
  const attempts = client.from('staff_attempts').where('address_hash', hashOf(address))
  if (network !== undefined) attempts.where('network', network)
  await attempts.delete()
}

/** The attempt was wrong: whoever's address it is is told, once it is locked. Nobody can tell whose it is. */
export async function reportFailure({ failed }: Attempt, staffId: string | null): Promise<void> {
  if (failed >= FREE_ATTEMPTS) await enqueue(db, reportLockOut, { staffId, failed })
}

async function knownNetwork(address: string, origin: SignInOrigin): Promise<string> {
  const network = networkOf(origin)
  const isKnown = network !== 'unknown' && (await staffHasSignedInFrom(db, address, network))
  return isKnown ? network : ''
}

async function locked(addressHash: string, network: string): Promise<Problem> {
  const row = await db
    .from('staff_attempts')
    .where({ address_hash: addressHash, network })
    .select(db.raw('ceil(extract(epoch FROM locked_until - now()))::int AS seconds'))
    .first()
  const seconds = Math.max(1, row?.seconds ?? 1)
  const minutes = Math.ceil(seconds / 60)
  return new Problem(
    `There were too many wrong attempts. Try again in ${minutes} minute${minutes === 1 ? '' : 's'}.`,
    { code: 'too_many_attempts', status: 429, extra: { retry_after: seconds } }
  )
}

/** Some of these addresses are nobody's that we know, and none is kept. */
function hashOf(address: string): string {
  return createHash('sha256').update(address).digest('hex')
}

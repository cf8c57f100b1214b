import { HttpContext } from '@adonisjs/core/http'
import { errors } from '@adonisjs/auth'
// For its types: it says that a context has a session.
import type {} from '@adonisjs/session/session_middleware'
import db from '@adonisjs/lucid/services/db'
import type { Act } from '#audit/record_audit'
import { settings } from '#escrow/settings'
import { hashToken } from '#identity/opaque_tokens'
import Staff from '#models/staff'
import StaffSession from '#models/staff_session'
import { endStaffSession } from '#staff/end_sessions'

/** Where the browser's session keeps the token of the sign-in. */
const TOKEN = 'staff_token'

/** A page that is open asks often; that somebody is still there is written down once in this time. */
const SEEN_EVERY = "interval '30 seconds'"

/**
 * Signs a request to the console in by the token that its browser session holds. The browser session alone
 * says nothing: the row in `staff_sessions` must still be open, so that revoking it, disabling somebody or
 * changing their role works at once.
 *
 * It is `ctx.staff` and none of the guards of `ctx.auth`, whose `user` would else be, for every route of the
 * API, a user or a member of staff. Nobody is both.
 */
export class StaffGuard {
  user?: Staff
  /** The sign-in that the request belongs to; set together with `user`. */
  session?: StaffSession
  /** Whether the second factor was given so lately that it counts for what wants it anew. */
  isSteppedUp = false
  #attempted = false

  constructor(private ctx: HttpContext) {}

  /** @throws E_UNAUTHORIZED_ACCESS unless somebody is signed in */
  async authenticate(): Promise<Staff> {
    if (!this.#attempted) {
      this.#attempted = true
      await this.#read()
    }
    return this.getUserOrFail()
  }

  async check(): Promise<boolean> {
    if (!this.#attempted) await this.authenticate().catch(ignoreUnauthorized)
    return this.user !== undefined
  }

  getUserOrFail(): Staff {
    if (!this.user) {
      throw new errors.E_UNAUTHORIZED_ACCESS('Unauthorized access', { guardDriverName: 'staff' })
    }
    return this.user
  }

  /**
   * Lets the browser in with the token of a new session. It gets another session id and keeps nothing of what
   * it had before: an id that somebody else had planted in it is worth nothing.
   */
  enter(token: string): void {
    const { session } = this.ctx
    session.clear()
    session.regenerate()
    session.put(TOKEN, token)
  }

  /** Ends the session, and lets the browser forget it. */
  async signOut(): Promise<void> {
    if (this.session) await endStaffSession(db, this.session.id, 'signed_out')
    this.ctx.session.clear()
    this.ctx.session.regenerate()
  }

  /** Whose session of theirs this is, for what they do about their own sign-in. */
  own(): { staffId: string; sessionId: string } {
    return { staffId: this.getUserOrFail().id, sessionId: this.session!.id }
  }

  /** Who does something, and why, for an operation that writes it to the audit log. */
  act(reason?: string): Act {
    return { actor: { type: 'staff', id: this.getUserOrFail().id }, reason }
  }

  /** What a page that is left open asks for is no sign of anybody. */
  #isByItself(): boolean {
    const { request } = this.ctx
    return (
      request.header('x-console-live') !== undefined || /^\/console\/live\//.test(request.url())
    )
  }

  async #read(): Promise<void> {
    const token = this.ctx.session.get(TOKEN)
    if (typeof token !== 'string') return
    const { console_idle_minutes: idle, console_step_up_minutes: stepUp } = await settings(db)
    const session = await StaffSession.query()
      .where('tokenHash', hashToken(token))
      .whereNull('endedAt')
      .whereRaw('expires_at > now()')
      .select('*')
      .select(db.raw('last_seen_at < now() - make_interval(mins => ?) AS is_idle', [idle]))
      .select(db.raw(`last_seen_at < now() - ${SEEN_EVERY} AS is_seen_long_ago`))
      .select(db.raw('stepped_up_at > now() - make_interval(mins => ?) AS is_stepped_up', [stepUp]))
      .first()
    if (!session) return
    const {
      is_idle: isIdle,
      is_seen_long_ago: isSeenLongAgo,
      is_stepped_up: isSteppedUp,
    } = session.$extras
    if (isIdle) {
      await endStaffSession(db, session.id, 'idle')
      return
    }
    const staff = await Staff.query().where('id', session.staffId).whereNull('disabledAt').first()
    if (!staff) return
    if (isSeenLongAgo && !this.#isByItself()) {
      await db
        .from('staff_sessions')
        .where('id', session.id)
        .update({ last_seen_at: db.raw('now()') })
    }
    Object.assign(this, { user: staff, session, isSteppedUp })
  }
}

function ignoreUnauthorized(error: unknown): void {
  if (!(error instanceof errors.E_UNAUTHORIZED_ACCESS)) throw error
}

declare module '@adonisjs/core/http' {
  interface HttpContext {
    /** Who of staff asks. */
    staff: StaffGuard
  }
}

HttpContext.getter(
  'staff',
  function (this: HttpContext) {
    return new StaffGuard(this)
  },
  true
)

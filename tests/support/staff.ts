import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { CookieClient } from '@adonisjs/core/http'
import { MessageBuilder } from '@adonisjs/core/helpers'
import encryption from '@adonisjs/core/services/encryption'
import db from '@adonisjs/lucid/services/db'
import Staff, { type StaffRole } from '#models/staff'
import { newTotpSecret } from '#identity/mfa/totp'
import { hashPassword } from '#identity/passwords'
import { renewStaffRecoveryCodes } from '#staff/credentials'
import { totpPurpose } from '#staff/second_factor'
import { startStaffSession } from '#staff/start_session'
import { Authenticator } from '#tests/support/authenticator'
import { PASSWORD } from '#tests/support/users'

/** As `config/session.ts` names it. */
const COOKIE = 'console_session'

let hashed: Promise<string> | undefined
let count = 0

/** Somebody who works here, with everything that they sign in with. */
export interface Colleague {
  staff: Staff
  password: string
  app: Authenticator
  recoveryCodes: string[]
}

/** A member of staff who has a password, an authenticator app none of whose codes was used, and recovery codes. */
export async function aColleague({ role = 'admin' as StaffRole, email = '', name = '' } = {}) {
  hashed ??= hashPassword(PASSWORD, 'tests')
  const password = await hashed
  const number = ++count
  return db.transaction(async (trx): Promise<Colleague> => {
    const [{ id }] = await trx
      .insertQuery()
      .table('staff')
      .insert({
        name: name || `Sam ${role} ${number}`,
        email: email || `${role}${number}@staff.example.com`,
        role,
        password,
      })
      .returning('id')
    const { stored, url } = newTotpSecret(totpPurpose(id), { issuer: 'SafeSend', label: 'test' })
    await trx.table('staff_authenticators').insert({
      staff_id: id,
      secret: stored,
      last_step: 0,
      confirmed_at: trx.raw('now()'),
    })
    const recoveryCodes = await renewStaffRecoveryCodes(trx, id)
    const staff = await Staff.findOrFail(id, { client: trx })
    return { staff, password: PASSWORD, app: new Authenticator(url), recoveryCodes }
  })
}

/** The same where only the account matters. `console(staff)` signs them in. */
export async function createStaff(options: { role?: StaffRole; name?: string } = {}) {
  return (await aColleague(options)).staff
}

/** A page of the console, or where it sends one. */
export interface ConsoleAnswer {
  status: number
  headers: Headers
  text: string
  /** Path and query that a redirect leads to. */
  location?: string
}

const base = () => `http://${process.env.HOST}:${process.env.PORT}`

/**
 * A browser without scripts at the console, signed in as somebody or as nobody, with the second factor given just
 * now. It keeps cookies, and sends with each form the CSRF token of a page that it has seen.
 */
export function console(staff?: Staff) {
  const jar = new Map<string, string>()
  let referer = '/console'
  let csrf: string | undefined
  let signedIn: Promise<void> | undefined

  async function send(
    method: string,
    path: string,
    form?: Record<string, unknown>,
    headers: Record<string, string> = {}
  ): Promise<ConsoleAnswer> {
    if (staff) await (signedIn ??= signIn(staff, jar))
    const response = await fetch(base() + path, {
      method,
      redirect: 'manual',
      headers: {
        accept: 'text/html',
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
        ...headers,
      },
      body: form && bodyOf(form),
    })
    for (const cookie of response.headers.getSetCookie()) keep(cookie, jar)
    const text = await response.text()
    csrf = /name=['"]_csrf['"] value=['"]([^'"]+)['"]/.exec(text)?.[1] ?? csrf
    if (method === 'GET' && response.status === 200) referer = path
    const to = response.headers.get('location')
    const location = to === null ? undefined : to.replace(base(), '')
    return { status: response.status, headers: response.headers, text, location }
  }

  const browser = {
    get: (path: string, headers?: Record<string, string>) => send('GET', path, undefined, headers),

    /** Sends a form, and says where that leads. It comes from the page that was looked at last. */
    async post(
      path: string,
      form: Record<string, unknown> = {},
      from?: string,
      headers?: Record<string, string>
    ) {
      if (!csrf) await send('GET', staff ? '/console/security' : '/console/sign-in')
      const sent = { referer: base() + (from ?? referer), ...headers }
      return send('POST', path, { _csrf: csrf, ...form }, sent)
    },

    /** Sends a form and goes where that leads, as a browser does. @returns the page there */
    async submit(path: string, form: Record<string, unknown> = {}, from?: string) {
      let answer = await browser.post(path, form, from)
      for (let hops = 0; answer.location !== undefined; hops++) {
        assert.ok(hops < 5, `${path} leads around in circles`)
        answer = await browser.get(answer.location)
      }
      return answer
    },

    /** What the browser holds, by name. */
    cookies: jar,
  }
  return browser
}

/** The cookies with which a browser is signed in as somebody, for Playwright's `context.addCookies`. */
export async function staffCookies(staff: Staff) {
  const jar = new Map<string, string>()
  await signIn(staff, jar)
  return [...jar].map(([name, value]) => ({ name, value, url: base() }))
}

/** What a sign-in leaves behind, without its forms: those have tests of their own. */
async function signIn(staff: Staff, jar: Map<string, string>): Promise<void> {
  const { token } = await db.transaction((trx) => startStaffSession(trx, staff, {}))
  const id = randomUUID()
  await db.table('console_sessions').insert({
    id,
    data: new MessageBuilder().build({ staff_token: token }, undefined, id),
    expires_at: new Date(Date.now() + 3600_000),
  })
  jar.set(COOKIE, encodeURIComponent(new CookieClient(encryption.use()).sign(COOKIE, id)!))
}

function keep(cookie: string, jar: Map<string, string>): void {
  const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!
  if (/max-age=0|expires=Thu, 01 Jan 1970/i.test(cookie)) jar.delete(name)
  else jar.set(name, value)
}

function bodyOf(form: Record<string, unknown>): URLSearchParams | FormData {
  if (Object.values(form).some((value) => value instanceof Blob)) {
    const body = new FormData()
    for (const [name, value] of Object.entries(form)) body.append(name, value as string | Blob)
    return body
  }
  const body = new URLSearchParams()
  for (const [name, value] of Object.entries(form)) {
    for (const each of Array.isArray(value) ? value : [value]) body.append(name, String(each))
  }
  return body
}

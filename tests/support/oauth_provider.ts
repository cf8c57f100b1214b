import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Secret } from '@adonisjs/core/helpers'
import env from '#start/env'
import { setVariable } from '#tests/support/environment'
import type { Provider } from '#identity/oauth/providers'

/** Who is at the keyboard, as a provider knows them. */
export interface Person {
  id: string
  email: string
  verified: boolean
  name: string
}

/** Where a provider fails, and how: with a status, with what is no JSON, or by not answering. */
export type Failure = {
  at: 'token' | 'user' | 'emails'
  with: 'status' | 'garbage' | 'silence' | 'null'
}

const CLIENT = { id: 'safesend-client', secret: 'safesend-secret' }

/**
 * Google and GitHub as far as signing in needs them, over real HTTP. It refuses whatever they would refuse:
 * a wrong secret or redirect address, a code that was used, a verifier that is not that of the challenge.
 */
export class OauthProviderServer {
  person: Person = aPerson()
  failure: Failure | null = null
  /** The person presses "Cancel". */
  denies = false

  #codes = new Map<string, { challenge: string; redirectUri: string; provider: string }>()
  #tokens = new Set<string>()
  #server = createServer((request, response) => {
    this.#answer(request, response).catch((error) => {
      response.writeHead(500).end(String(error))
    })
  })

  /** Starts, and has the application look here. @returns how to stop it */
  async start(): Promise<() => Promise<void>> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const base = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    const timeout = env.get('OAUTH_TIMEOUT_MS')
    setVariable('OAUTH_TIMEOUT_MS', 400)
    setVariable('GITHUB_USEREMAIL_URL', `${base}/github/emails`)
    for (const prefix of ['GOOGLE', 'GITHUB'] as const) {
      const at = `${base}/${prefix.toLowerCase()}`
      setVariable(`${prefix}_CLIENT_ID`, CLIENT.id)
      setVariable(`${prefix}_CLIENT_SECRET`, new Secret(CLIENT.secret))
      setVariable(`${prefix}_AUTHORIZE_URL`, `${at}/authorize`)
      setVariable(`${prefix}_TOKEN_URL`, `${at}/token`)
      setVariable(`${prefix}_USERINFO_URL`, `${at}/user`)
    }
    return async () => {
      for (const prefix of ['GOOGLE', 'GITHUB'] as const) setVariable(`${prefix}_CLIENT_ID`, '')
      setVariable('OAUTH_TIMEOUT_MS', timeout)
      this.#server.closeAllConnections()
      await new Promise((resolve) => this.#server.close(resolve))
    }
  }

  reset(): void {
    Object.assign(this, { person: aPerson(), failure: null, denies: false })
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, 'http://provider')
    const [, provider, endpoint] = url.pathname.split('/')
    if (endpoint === 'authorize') return this.#authorize(provider, url, response)
    if (this.#fails(endpoint, response)) return
    if (endpoint === 'token') return this.#token(provider, request, response)

    const token = request.headers.authorization?.replace(/^(Bearer|token) /, '') ?? ''
    if (!this.#tokens.has(token)) return json(response, 401, { error: 'invalid_token' })
    const { id, email, verified, name } = this.person
    if (endpoint === 'emails') {
      // As GitHub does: also addresses that are not the primary one, and not in any order.
      const more = { email: `other.${email}`, primary: false, verified: true }
      return json(response, 200, [more, { email, primary: true, verified }])
    }
    if (provider === 'github') {
      // The address on the profile is whichever they show, and not to be believed.
      const shown = 'somebody.else@example.com'
      return json(response, 200, { id: Number(id), login: 'octo', name, email: shown })
    }
    const [given, family] = name.split(' ')
    const names = { name, given_name: given, family_name: family }
    return json(response, 200, { sub: id, email, email_verified: verified, ...names })
  }

  #authorize(provider: string, { searchParams: asked }: URL, response: ServerResponse): void {
    const redirectUri = asked.get('redirect_uri') ?? ''
    const fine =
      asked.get('client_id') === CLIENT.id &&
      redirectUri === `${env.get('APP_URL')}/api/auth/oauth/${provider}/callback` &&
      asked.get('code_challenge_method') === 'S256' &&
      asked.get('scope') &&
      (provider === 'github' || asked.get('response_type') === 'code')
    if (!fine) return json(response, 400, { error: 'invalid_request', asked: [...asked] })

    const back = new URL(redirectUri)
    back.searchParams.set('state', asked.get('state') ?? '')
    if (this.denies) {
      back.searchParams.set('error', 'access_denied')
    } else {
      const code = randomBytes(12).toString('hex')
      this.#codes.set(code, { challenge: asked.get('code_challenge') ?? '', redirectUri, provider })
      back.searchParams.set('code', code)
    }
    response.writeHead(302, { location: back.href }).end()
  }

  async #token(provider: string, request: IncomingMessage, response: ServerResponse) {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const sent = new URLSearchParams(Buffer.concat(chunks).toString())
    const code = sent.get('code') ?? ''
    const issued = this.#codes.get(code)
    this.#codes.delete(code)
    const verifier = sent.get('code_verifier') ?? ''
    const fine =
      issued?.provider === provider &&
      issued.redirectUri === sent.get('redirect_uri') &&
      issued.challenge === createHash('sha256').update(verifier).digest('base64url') &&
      sent.get('client_id') === CLIENT.id &&
      sent.get('client_secret') === CLIENT.secret
    if (!fine) {
      // GitHub answers 200 to what it refuses.
      const status = provider === 'github' ? 200 : 400
      return json(response, status, { error: 'bad_verification_code' })
    }
    const token = randomBytes(12).toString('hex')
    this.#tokens.add(token)
    return json(response, 200, { access_token: token, token_type: 'bearer' })
  }

  #fails(endpoint: string, response: ServerResponse): boolean {
    if (this.failure?.at !== endpoint) return false
    if (this.failure.with === 'status') json(response, 500, { error: 'oh no' })
    if (this.failure.with === 'garbage') response.writeHead(200).end('<html>Be right back</html>')
    if (this.failure.with === 'null') json(response, 200, null)
    return true
  }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

let people = 0

export function aPerson(more: Partial<Person> = {}): Person {
  const id = String(1000 + ++people)
  return { id, email: `person${id}@example.com`, verified: true, name: 'Grace Hopper', ...more }
}

/** A browser: it keeps cookies, and goes where it is sent. */
export class Browser {
  cookies = new Map<string, string>()

  async get(url: string): Promise<Response> {
    const response = await fetch(new URL(url, `http://${process.env.HOST}:${process.env.PORT}`), {
      redirect: 'manual',
      headers: { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [pair, ...attributes] = cookie.split('; ')
      const at = pair.indexOf('=')
      const name = pair.slice(0, at)
      if (attributes.includes('Max-Age=-1') || attributes.some((each) => /1970/.test(each))) {
        this.cookies.delete(name)
      } else this.cookies.set(name, pair.slice(at + 1))
    }
    return response
  }

  /** Presses "Sign in with …". @returns where the provider sends the browser back to */
  async leaveFor(provider: Provider, query = ''): Promise<string> {
    const left = await this.get(`/api/auth/oauth/${provider}${query}`)
    if (left.status !== 302) throw new Error(`not sent away: ${left.status} ${await left.text()}`)
    const back = await this.get(left.headers.get('location')!)
    if (back.status !== 302) throw new Error(`not sent back: ${back.status} ${await back.text()}`)
    return back.headers.get('location')!
  }

  /** Comes back. @returns what the frontend finds in the fragment of its address */
  async comeBack(callback: string): Promise<Record<string, string>> {
    const answer = await this.get(callback)
    if (answer.status !== 302) throw new Error(`${answer.status} ${await answer.text()}`)
    const url = new URL(answer.headers.get('location')!)
    const frontend = new URL('/oauth/callback', env.get('FRONTEND_URL') ?? env.get('APP_URL'))
    if (url.href.split('#')[0] !== frontend.href) throw new Error(`sent to ${url}`)
    return Object.fromEntries(new URLSearchParams(url.hash.slice(1)))
  }

  async signInWith(provider: Provider, query = ''): Promise<Record<string, string>> {
    return this.comeBack(await this.leaveFor(provider, query))
  }
}

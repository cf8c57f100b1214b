import { ApiRequest } from '@adonisjs/ally'
import { GithubDriver } from '@adonisjs/ally/drivers/github'
import { GoogleDriver } from '@adonisjs/ally/drivers/google'
import env from '#start/env'

/** What a provider says of somebody, before anybody has looked whether it makes sense. */
export interface Claims {
  subject: unknown
  /** Null: the provider knows no address of theirs that it has verified. */
  email: unknown
  firstName: unknown
  lastName: unknown
}

/**
 * A request to a provider that ends: within a time that a person waits for, and at the address that was
 * asked. Ally's own would wait and try again for half a minute.
 */
class ProviderRequest extends ApiRequest {
  constructor(private address: string) {
    super(address)
  }

  async post() {
    return this.#send({ method: 'POST', body: new URLSearchParams(this.getFields()) })
  }

  async get() {
    return this.#send({ method: 'GET' })
  }

  async #send(request: { method: string; body?: URLSearchParams }) {
    const response = await fetch(this.address, {
      ...request,
      headers: { 'accept': 'application/json', 'user-agent': 'SafeSend', ...this.getHeaders() },
      redirect: 'error',
      signal: AbortSignal.timeout(env.get('OAUTH_TIMEOUT_MS') ?? 10_000),
    })
    const answer: unknown = await response.json()
    if (!response.ok || typeof answer !== 'object' || answer === null) {
      throw new Error(`${new URL(this.address).host} answered ${response.status}`)
    }
    return answer as any
  }
}

/*
 * Ally's drivers, with two things taken over: the state of a sign-in (`sign_in_state.ts`), because Ally's
 * cookies know neither of SameSite nor of an end; and the verifier of PKCE (RFC 7636), which Ally leaves
 * out for these two and both providers take. And an address counts only if it is verified now.
 */

export class GoogleSignIn extends GoogleDriver {
  codeVerifier: string | null = null

  async claims(): Promise<Claims> {
    const { token } = await this.stateless().accessToken()
    const { original } = await this.getUserInfo(token)
    return {
      subject: original.sub,
      email: original.email_verified === true ? original.email : null,
      firstName: original.given_name ?? original.name,
      lastName: original.family_name,
    }
  }

  protected loadState() {}
  protected httpClient(url: string) {
    return new ProviderRequest(url)
  }
  protected getPkceCodeVerifierForRedirect() {
    return this.codeVerifier
  }
  protected getPkceCodeVerifierForAccessToken() {
    return this.codeVerifier
  }
}

export class GithubSignIn extends GithubDriver {
  codeVerifier: string | null = null

  /** Of the addresses the primary one, if it is verified. The one on the profile is whichever they show. */
  async claims(): Promise<Claims> {
    const { token } = await this.stateless().accessToken()
    const { original } = await this.getUserInfo(token)
    const url = this.config.userEmailUrl || this.userEmailUrl
    const emails = await this.getAuthenticatedRequest(url, token).get()
    if (!Array.isArray(emails)) throw new Error('GitHub answered with no list of addresses')
    const primary = emails.find((each) => each?.primary === true && each.verified === true)
    const { id } = original
    return {
      subject: Number.isSafeInteger(id) && id > 0 ? String(id) : null,
      email: primary?.email ?? null,
      firstName: original.name ?? original.login,
      lastName: undefined,
    }
  }

  protected loadState() {}
  protected httpClient(url: string) {
    return new ProviderRequest(url)
  }
  protected getPkceCodeVerifierForRedirect() {
    return this.codeVerifier
  }
  protected getPkceCodeVerifierForAccessToken() {
    return this.codeVerifier
  }
}

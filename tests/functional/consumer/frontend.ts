import { Transmit } from '@adonisjs/transmit-client'
import { EventSource } from 'eventsource'
import { safesend, type Schemas } from '../../../client/index.js'

export type Notification = Schemas['Notification']
type Tokens = Schemas['SignedIn']

/** What reaches a frontend of the network: `fetch`, or one that fails. */
export type Fetch = (input: Request | string | URL, init?: RequestInit) => Promise<Response>

/** A problem as the API tells it, where the frontend expected none. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly problem: Schemas['Problem']
  ) {
    super(`${status} ${problem.code}: ${problem.detail}`)
  }
}

/** What the API answered with. @throws Refused with its problem */
export async function answerOf<Body>(
  call: Promise<{ data?: Body; error?: Schemas['Problem']; response: Response }>
): Promise<Body> {
  const { data, error, response } = await call
  if (error) throw new Refused(response.status, error)
  if (data === undefined) throw new Error(`${response.url} answered with nothing.`)
  return data
}

/** `data` of what the API answered with. @throws Refused with its problem */
export async function dataOf<Data>(
  call: Promise<{ data?: { data: Data }; error?: Schemas['Problem']; response: Response }>
): Promise<Data> {
  return (await answerOf(call)).data
}

/** One person's frontend: the typed client, the tokens, and the notifications, as the documentation asks for it. */
export class Frontend {
  readonly api
  /** In the order in which they were taken, and how each came. */
  readonly heard: (Notification & { came: 'live' | 'replayed' })[] = []
  #tokens?: Tokens
  #transmit?: Transmit
  #taking = Promise.resolve()
  #last = 0
  #failed?: unknown

  constructor(
    private readonly baseUrl: string,
    private readonly network: Fetch
  ) {
    this.api = safesend({
      baseUrl,
      fetch: network,
      accessToken: () => this.#tokens?.access_token,
    })
  }

  get user(): Tokens['user'] {
    if (!this.#tokens) throw new Error('Nobody is signed in.')
    return this.#tokens.user
  }

  get tokens(): Tokens | undefined {
    return this.#tokens
  }

  async signIn(email: string, password: string): Promise<void> {
    const signedIn = await dataOf(this.api.POST('/api/auth/login', { body: { email, password } }))
    if (signedIn.mfa_required) throw new Error('Nobody here uses an authenticator app.')
    this.#tokens = signedIn
  }

  /** Trades the refresh token in for the next pair. */
  async refresh(): Promise<void> {
    const body = { refresh_token: this.#tokens!.refresh_token }
    this.#tokens = await dataOf(this.api.POST('/api/auth/refresh', { body }))
  }

  /** Opens the stream, and keeps it open. */
  async listen(): Promise<void> {
    const signed = (request: Request) =>
      request.headers.set('authorization', `Bearer ${this.#tokens!.access_token}`)
    let opened = 0
    this.#transmit = new Transmit({
      baseUrl: this.baseUrl,
      maxReconnectAttempts: 0,
      eventSourceFactory: (url) =>
        new EventSource(url, {
          fetch: async (input, init) => {
            // Nobody knows how long the stream was away: the access token may be too old.
            if (opened++ > 0) await this.refresh()
            const headers = {
              ...init.headers,
              authorization: `Bearer ${this.#tokens!.access_token}`,
            }
            const response = await this.network(input, { ...init, headers })
            if (!response.ok) throw new Error(`The stream was refused: ${response.status}`)
            return response
          },
          // The two packages agree on what an EventSource does, and not on its type.
        }) as never,
      beforeSubscribe: signed,
      beforeUnsubscribe: signed,
      onSubscription: () => this.#inTurn(() => this.#catchUp()),
    })
    const subscription = this.#transmit.subscription(`users/${this.user.id}/notifications`)
    subscription.onMessage<Notification>((notification) =>
      this.#inTurn(async () => {
        if (notification.seq > this.#last + 1) await this.#catchUp()
        else this.#take(notification, 'live')
      })
    )
    await subscription.create()
  }

  stop(): void {
    this.#transmit?.close()
  }

  /** Everything that has come so far is taken. @throws what went wrong in taking it */
  async taken(): Promise<void> {
    await this.#taking
    if (this.#failed) throw this.#failed
  }

  /** One after the other: the stream goes on while the list is being read. */
  #inTurn(work: () => Promise<void>): void {
    this.#taking = this.#taking.then(work).catch((error) => (this.#failed ??= error))
  }

  async #catchUp(): Promise<void> {
    for (let more = true; more;) {
      const query = { after: String(this.#last), limit: 2 }
      const { data, meta } = await answerOf(
        this.api.GET('/api/notifications', { params: { query } })
      )
      for (const notification of data) this.#take(notification, 'replayed')
      more = meta.has_more
    }
  }

  #take(notification: Notification, came: 'live' | 'replayed'): void {
    if (notification.seq <= this.#last) return
    this.heard.push({ ...notification, came })
    this.#last = notification.seq
  }
}

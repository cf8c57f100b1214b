import { fork, type ChildProcess } from 'node:child_process'
import type { KillPoint, Named, Numbered } from './kill_points.js'

export type Command =
  | { name: 'serve' }
  | { name: 'arm'; at?: Numbered | Named }
  | { name: 'points' }
  | { name: 'drain' }
  | { name: 'settle' }

/** The process died before it answered. */
export class Died extends Error {}

/**
 * The application in processes of its own, one at a time, always at the same port. While one runs,
 * the next is being loaded, so that a restart after a kill takes no time: it opens its port and its
 * database connections only once the one before is dead.
 */
export class AppProcess {
  #current!: Child
  #next: Child
  /** The last line that each process printed which died: the point at which it was killed. */
  readonly lastWords: string[] = []

  /** @param env laid over our own environment; `PORT` is where it serves */
  constructor(private env: Record<string, string>) {
    this.#next = new Child(env)
  }

  get dead(): boolean {
    return this.#current.dead
  }

  /** Starts it; after a kill, starts it anew. */
  async start(): Promise<void> {
    if (this.#current) {
      const output = await this.#current.ended()
      this.lastWords.push(output.trim().split('\n').at(-1)!)
    }
    this.#current = this.#next
    this.#next = new Child(this.env)
    await this.#current.ask({ name: 'serve' })
  }

  /** @throws Died if it dies first; Error if the command fails */
  async ask(command: Exclude<Command, { name: 'serve' }>): Promise<unknown> {
    return this.#current.ask(command)
  }

  async points(): Promise<KillPoint[]> {
    return (await this.ask({ name: 'points' })) as KillPoint[]
  }

  async stop(): Promise<void> {
    for (const child of [this.#current, this.#next]) await child?.stop()
  }
}

export interface Answer {
  /** The framework sends messages of its own over the same channel. */
  kind: 'answer'
  value?: unknown
  error?: string
}

class Child {
  dead = false
  #process: ChildProcess
  #output = ''
  #warm: Promise<unknown>
  #answer?: PromiseWithResolvers<unknown>
  #exit: Promise<string>

  constructor(env: Record<string, string>) {
    this.#process = fork(new URL('app.ts', import.meta.url), {
      execArgv: ['--import=@poppinss/ts-exec'],
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    for (const stream of [this.#process.stdout!, this.#process.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.#output += text))
    }
    this.#exit = new Promise((resolve) => {
      this.#process.once('close', (code, signal) => {
        this.dead = true
        this.#answer?.reject(new Died(`The process ended (${signal ?? code}):\n${this.#output}`))
        resolve(this.#output)
      })
    })
    this.#process.on('message', ({ kind, value, error }: Answer) => {
      if (kind !== 'answer') return
      if (error === undefined) this.#answer?.resolve(value)
      else this.#answer?.reject(new Error(error))
    })
    this.#warm = this.#expectAnswer()
    // Whoever asks for something will hear of it.
    this.#warm.catch(() => {})
  }

  async ask(command: Command): Promise<unknown> {
    await this.#warm
    const answer = this.#expectAnswer()
    if (this.dead) throw new Died(this.#output)
    this.#process.send(command, () => {})
    return answer
  }

  /** Everything that it ever printed, once it has ended. */
  ended(): Promise<string> {
    return this.#exit
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#exit
  }

  #expectAnswer(): Promise<unknown> {
    this.#answer = Promise.withResolvers<unknown>()
    return this.#answer.promise
  }
}

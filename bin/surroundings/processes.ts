import { spawn, type ChildProcess, type IOType } from 'node:child_process'
import { createWriteStream, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { holdOnLeash, letGo } from './leash.js'
import { ended, signal } from './process_table.js'
import { waitFor } from './wait.js'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The command line of `node ace …`. */
export function ace(...args: string[]): string[] {
  return [process.execPath, 'ace.js', ...args]
}

/** The command line of one of our TypeScript files. */
export function script(file: string, ...args: string[]): string[] {
  return [process.execPath, '--import=@poppinss/ts-exec', file, ...args]
}

export interface ProcessesOptions {
  /** Laid over our own environment. */
  env: Record<string, string>
  /** Folder that gets `<name>.log` of each process. */
  logs: string
  /** Also print every line, with the name of its process before it. */
  echo?: boolean
  /** Told once when a process that was to stay up has ended. */
  onDeath?(name: string, how: string, lastLines: string[]): void
}

export interface Where {
  /** Default: the project's root. */
  cwd?: string
  /** Laid over the environment of all. */
  env?: Record<string, string>
}

interface Running {
  name: string
  child: ChildProcess
  lastLines: string[]
  exit: Promise<number | string>
}

/**
 * The processes of one command. Each leads a process group of its own, so that its descendants end
 * with it and the terminal's Ctrl-C reaches none of them before we say so.
 */
export class Processes {
  #running: Running[] = []
  #stopping = false

  constructor(private options: ProcessesOptions) {
    mkdirSync(options.logs, { recursive: true })
  }

  /** Starts a process that stays up, and answers its id. */
  start(name: string, command: string[], where: Where = {}): number | undefined {
    return this.#stayUp(this.#spawn(name, command, where)).pid
  }

  /**
   * Starts a web server that stays up, and waits until that very process says that it listens: at its
   * address, somebody else may answer. AdonisJS says so to whoever started it, and the stand-ins do.
   *
   * @returns its id
   */
  async serve(
    name: string,
    command: string[],
    { interrupted, ...where }: Where & { interrupted?: AbortSignal } = {}
  ): Promise<number | undefined> {
    const child = this.#stayUp(this.#spawn(name, command, where, ['pipe', 'pipe', 'ipc']))
    let listens = false
    child.on('message', (said: { environment?: string }) => {
      listens ||= said.environment === 'web'
    })
    await waitFor(`the ${name} process to listen`, async () => listens, {
      withinMs: 60_000,
      interrupted,
    })
    return child.pid
  }

  /**
   * Runs a command to its end and answers the last lines that it printed.
   *
   * @throws Error with its last lines if it fails
   */
  async run(name: string, command: string[], where: Where = {}): Promise<string[]> {
    const running = this.#spawn(name, command, where)
    const code = await running.exit
    await this.#forget(running)
    if (code !== 0) {
      throw new Error(`${name} failed (${code}).\n${running.lastLines.join('\n')}`)
    }
    return running.lastLines
  }

  /**
   * Runs a command to its end with our own output and answers its exit code.
   *
   * @param output a file that is open for writing, to get it instead
   */
  async attach(command: string[], output: number | 'inherit' = 'inherit'): Promise<number> {
    const running = this.#spawn('attached', command, {}, [output, output])
    const code = await running.exit
    await this.#forget(running)
    return typeof code === 'number' ? code : 1
  }

  /** Ends all, last started first, and whatever they started. */
  async stop(): Promise<void> {
    this.#stopping = true
    for (const running of this.#running.splice(0).reverse()) await this.#end(running)
  }

  #stayUp({ name, child, exit, lastLines }: Running): ChildProcess {
    void exit.then((how) => {
      if (!this.#stopping) this.options.onDeath?.(name, String(how), lastLines)
    })
    return child
  }

  #spawn(
    name: string,
    command: string[],
    where: Where,
    output: (IOType | 'ipc' | number)[] = ['pipe', 'pipe']
  ): Running {
    if (this.#stopping) throw new Error('Stopping.')
    const [program, ...args] = command
    const child = spawn(program, args, {
      cwd: where.cwd ?? root,
      env: { ...process.env, ...this.options.env, ...where.env },
      detached: true,
      stdio: ['ignore', ...output],
    })
    const exit = new Promise<number | string>((resolve) => {
      child.once('error', (error) => resolve(error.message))
      child.once('exit', (code, name_) => resolve(code ?? name_ ?? 'unknown'))
    })
    if (child.pid) holdOnLeash('group', child.pid)
    const running = { name, child, lastLines: [] as string[], exit }
    if (child.stdout) this.#record(running)
    this.#running.push(running)
    return running
  }

  #record({ name, child, lastLines }: Running): void {
    const file = createWriteStream(join(this.options.logs, `${name}.log`), { flags: 'w' })
    for (const stream of [child.stdout!, child.stderr!]) {
      createInterface({ input: stream }).on('line', (line) => {
        file.write(`${line}\n`)
        lastLines.push(line)
        if (lastLines.length > 20) lastLines.shift()
        if (this.options.echo) console.log(`${name.padEnd(8)}| ${line}`)
      })
    }
  }

  async #forget(running: Running): Promise<void> {
    this.#running = this.#running.filter((each) => each !== running)
    await this.#end(running)
  }

  async #end({ child }: Running): Promise<void> {
    if (!child.pid) return
    signal(-child.pid, 'SIGTERM')
    if (!(await ended(-child.pid, 15_000))) {
      signal(-child.pid, 'SIGKILL')
      await ended(-child.pid, 5000)
    }
    letGo(child.pid)
  }
}

import { setTimeout as sleep } from 'node:timers/promises'

/** What a command's work gets from `untilDone`. */
export interface Run {
  /** Registers what is to happen in the end, whatever the end. The last one registered goes first. */
  atEnd(cleanup: () => unknown): void
  /** Ends the run with a message, from wherever: a child process that died, say. */
  fail(message: string): void
  /** Fires when the work is to end early. */
  interrupted: AbortSignal
}

/**
 * Runs a command's work and, however it ends (done, failed, Ctrl-C, SIGTERM, a closed terminal),
 * everything that it registered with `atEnd`. The process then exits with the work's code, 1 after an
 * error, or 128 + signal.
 */
export async function untilDone(work: (run: Run) => Promise<number>): Promise<never> {
  const cleanups: (() => unknown)[] = []
  const interruption = new AbortController()
  const stopped = Promise.withResolvers<number>()

  const report = (error: unknown) => {
    console.error(`\n${describe(error)}`)
    stopped.resolve(1)
  }
  for (const [name, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ] as const) {
    process.on(name, () => {
      interruption.abort()
      // Work that waits for just this ends by itself, with a code of its own.
      setImmediate(() => stopped.resolve(128 + number))
    })
  }
  endWithNpm(() => {
    interruption.abort()
    setImmediate(() => stopped.resolve(1))
  })
  // Nothing may get past the clean-up.
  process.on('uncaughtException', report)
  process.on('unhandledRejection', report)

  const worked = work({
    atEnd: (cleanup) => cleanups.push(cleanup),
    fail: (message) => report(new Error(message)),
    interrupted: interruption.signal,
  }).catch((error: unknown) => {
    if (!interruption.signal.aborted) report(error)
    return 1
  })

  let code = await Promise.race([worked, stopped.promise])
  interruption.abort()
  const cleanUp = async () => {
    for (let next = cleanups.pop(); next; next = cleanups.pop()) {
      try {
        await next()
      } catch (error) {
        report(error)
        code ||= 1
      }
    }
  }
  await cleanUp()
  // Work that was interrupted while starting something may have registered it since.
  await Promise.race([worked, sleep(5000)])
  await cleanUp()
  process.exit(code)
}

/** npm passes signals on, but one that it cannot catch ends it alone. */
function endWithNpm(end: () => void): void {
  const npm = process.ppid
  if (!process.env.npm_lifecycle_event) return
  const watch = setInterval(() => {
    if (process.ppid === npm) return
    clearInterval(watch)
    end()
  }, 1000)
  watch.unref()
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return process.env.DEBUG ? (error.stack ?? error.message) : error.message
}

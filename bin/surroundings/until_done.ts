type Cleanup = () => unknown

/**
 * Runs a command's work and, however it ends (done, failed, Ctrl-C, SIGTERM, a closed terminal),
 * everything that it registered with `atEnd`, last first. The process then exits with the work's
 * code, 1 after an error, or 128 + signal.
 */
export async function untilDone(
  work: (atEnd: (cleanup: Cleanup) => void, interrupted: AbortSignal) => Promise<number>
): Promise<never> {
  const cleanups: Cleanup[] = []
  const interruption = new AbortController()
  const signals: Partial<Record<NodeJS.Signals, number>> = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 }

  const interrupted = new Promise<number>((resolve) => {
    for (const [name, number] of Object.entries(signals)) {
      process.on(name, () => {
        interruption.abort()
        resolve(128 + number)
      })
    }
  })
  // Nothing may get past the clean-up.
  const crashed = new Promise<number>((resolve) => {
    const report = (error: unknown) => {
      console.error(error)
      resolve(1)
    }
    process.on('uncaughtException', report)
    process.on('unhandledRejection', report)
  })
  const worked = work((cleanup) => cleanups.push(cleanup), interruption.signal).catch((error) => {
    if (!interruption.signal.aborted) console.error(`\n${describe(error)}`)
    return 1
  })

  let code = await Promise.race([worked, interrupted, crashed])
  // What is being started must be known before it can be ended; give it a moment to register.
  for (let done = 0; done < cleanups.length;) {
    const cleanup = cleanups.splice(-1)[0]
    try {
      await cleanup()
    } catch (error) {
      console.error(describe(error))
      code ||= 1
    }
  }
  process.exit(code)
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return process.env.DEBUG ? (error.stack ?? error.message) : error.message
}

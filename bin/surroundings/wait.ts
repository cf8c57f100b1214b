import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Asks again and again until there is an answer.
 *
 * @param what it is that is waited for, for the message when it never comes
 * @throws Error after `withinMs`, or at once when interrupted
 */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  { withinMs = 30_000, everyMs = 100, interrupted = new AbortController().signal } = {}
): Promise<T> {
  const deadline = Date.now() + withinMs
  for (;;) {
    interrupted.throwIfAborted()
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (Date.now() > deadline) throw new Error(`Waited ${withinMs / 1000} s for ${what}, in vain.`)
    await sleep(everyMs)
  }
}

/** Waits until an address answers 200. */
export async function waitForOk(
  url: string,
  options: { withinMs?: number; interrupted?: AbortSignal } = {}
): Promise<void> {
  await waitFor(
    `${url} to answer 200`,
    async () => {
      const response = await fetch(url, { signal: AbortSignal.timeout(5000) }).catch(
        () => undefined
      )
      await response?.arrayBuffer()
      return response?.status === 200
    },
    { withinMs: 60_000, ...options }
  )
}

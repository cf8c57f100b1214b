/** Something that is dear to find out and may be a little old, for whoever asks. */
export interface Kept<Value> {
  (): Promise<Value>
  /** Has it found out anew for whoever asks next. */
  forget(): void
}

/**
 * Finds something out at most once in so many seconds, however many ask; those who ask meanwhile wait for the
 * same answer. When it cannot be found out, the last answer is given as long as there is one, and whoever
 * comes next tries again.
 */
export function keptFor<Value>(seconds: number, find: () => Promise<Value>): Kept<Value> {
  let kept: { value: Value; until: number } | undefined
  let finding: Promise<Value> | undefined

  const ask = async (): Promise<Value> => {
    if (kept && performance.now() < kept.until) return kept.value
    finding ??= find()
      .then((value) => {
        kept = { value, until: performance.now() + seconds * 1000 }
        return value
      })
      .finally(() => (finding = undefined))
    try {
      return await finding
    } catch (error) {
      if (kept) return kept.value
      throw error
    }
  }
  return Object.assign(ask, { forget: () => void (kept = undefined) })
}

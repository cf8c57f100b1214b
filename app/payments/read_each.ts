import { ProviderFailure } from '#payments/provider'

/** What an answer is that another look will not make readable. */
const UNREADABLE = new Set(['malformed_answer', 'foreign_currency'])

/**
 * Reads one after the other, and goes on after one that cannot be read: it may not hide those after it.
 *
 * @throws ProviderFailure at the end, of the first that could not be read; at once, if no answer came
 */
export async function* readEach<Item, Read>(
  items: AsyncIterable<Item>,
  read: (item: Item) => Read | Promise<Read>
): AsyncGenerator<Awaited<Read>> {
  let first: ProviderFailure | undefined
  for await (const item of items) {
    let found: Awaited<Read>
    try {
      found = await read(item)
    } catch (error) {
      if (!(error instanceof ProviderFailure) || !UNREADABLE.has(error.code)) throw error
      first ??= error
      continue
    }
    yield found
  }
  if (first) throw first
}

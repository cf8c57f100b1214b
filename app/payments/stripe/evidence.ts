/**
 * A text that fits into a field. What is too long loses its middle, and says so: how a delivery began and
 * how it ended is what a bank decides on.
 *
 * @param limit characters, as JavaScript counts them
 */
export function shortened(text: string, limit: number): string {
  if (text.length <= limit) return text
  const note = (missing: number) =>
    `\n\n[${missing} characters are left out here because this field ends at ${limit}. The whole record can be asked for.]\n\n`
  const room = limit - note(text.length).length
  const head = text.slice(0, whole(text, Math.ceil(room / 2)))
  const tail = text.slice(whole(text, text.length - Math.floor(room / 2), 1))
  return head + note(text.length - head.length - tail.length) + tail
}

/** The position, moved by a step if a character of two halves (an emoji) would be cut there. */
function whole(text: string, at: number, step = -1): number {
  const low = text.charCodeAt(at)
  return low >= 0xdc00 && low <= 0xdfff ? at + step : at
}

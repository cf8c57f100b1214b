import { marked } from 'marked'

/** Markdown of ours as HTML. */
export function markdown(text: string): string {
  const html = marked.parse(text, { async: false })
  // What is wide scrolls by itself; whoever has no mouse must get there, too.
  return html
    .replaceAll('<table>', '<div class="scroll" tabindex="0"><table>')
    .replaceAll('</table>', '</table></div>')
    .replaceAll('<pre>', '<pre tabindex="0">')
}

/** The same for a line within others. */
export function inline(text: string): string {
  return marked.parseInline(text, { async: false })
}

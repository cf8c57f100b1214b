const MAX_CHARACTERS = 200

/** Control characters, line separators, and marks that turn the direction of what follows: "cod.exe". */
const INVISIBLE = /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu

/**
 * What a file is called, of what its sender calls it: no folders, nothing invisible, not too long, every
 * script of the world. It is shown and offered as a name to save under; nothing is stored under it.
 */
export function fileLabel(name: string): string {
  const last = name.toWellFormed().normalize('NFC').split(/[/\\]/).at(-1)!
  const clean = last.replace(INVISIBLE, '').replace(/\s+/g, ' ').trim()
  if (/^\.*$/.test(clean)) return 'file'
  const characters = Array.from(clean)
  if (characters.length <= MAX_CHARACTERS) return clean
  const ending = /\.[^. ]{1,16}$/u.exec(clean)?.[0] ?? ''
  const kept = MAX_CHARACTERS - Array.from(ending).length
  return characters.slice(0, kept).join('') + ending
}

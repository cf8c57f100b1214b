import type ClawBack from '#models/claw_back'

/** What became of claw-backs, in sentences: those that their rail refused, and the others. */
export function toldOf(rows: ClawBack[]): [refused: string, others: string] {
  const refused = rows.filter(({ state }) => state === 'failed')
  const others = rows.filter(({ state }) => state !== 'failed')
  return [
    refused
      .map(({ id, failureMessage }) => {
        const why = failureMessage.replace(/\.$/, '')
        return `Claw-back ${id} was refused: ${why}.`
      })
      .join(' '),
    others.map(({ id, state }) => `Claw-back ${id}: ${state}.`).join(' '),
  ]
}

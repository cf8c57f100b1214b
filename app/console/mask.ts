/** Where money goes, so that staff tells two accounts apart and cannot write to their owner. */
export function maskDestination(destination: string): string {
  const [name, domain] = destination.split('@')
  if (domain) return `${name.slice(0, 1)}***@${domain}`
  return `***${destination.slice(-4)}`
}

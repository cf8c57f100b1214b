import env from '#start/env'

/**
 * Another value of a variable, for the application in this process and not for processes that it starts: those
 * read it from their environment, as text, and `undefined` is a text there.
 */
export function setVariable(name: string, value: unknown): void {
  const outside = process.env[name]
  env.set(name as never, value as never)
  if (outside === undefined) delete process.env[name]
  else process.env[name] = outside
}

import { createInterface } from 'node:readline'
import {
  demoCode,
  DEMO_SECRET,
  DEMO_STAFF,
  DEMO_STAFF_PASSWORD,
} from '../../database/demo/sign_in.js'

/** Where the console is and how to sign in there. The demo's staff is known to everybody. */
export function consoleSignIn(url: string): string {
  const [{ email }, ...others] = DEMO_STAFF
  const more = others.map((each) => `${each.email} (${each.role})`).join(', ')
  return `
  Console          ${url}/console
    sign in with   ${email}   ${DEMO_STAFF_PASSWORD}   code ${demoCode()}
    others         ${more}
    for an app     ${DEMO_SECRET}`
}

/** A code is soon over, and good once: each press of Enter shows the one of now. */
export function showCodeOnEnter(until: AbortSignal): void {
  if (!process.stdin.isTTY || until.aborted) return
  console.log('Enter shows the code of now.')
  const lines = createInterface({ input: process.stdin })
  lines.on('line', () => console.log(`  code ${demoCode()}`))
  until.addEventListener('abort', () => lines.close(), { once: true })
}

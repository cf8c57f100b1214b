/**
 * What this browser has chosen, as the server has written it into its cookie; undefined if it was not asked. Who
 * has told their browser that they want none of it (Global Privacy Control) has told us, whatever they said before.
 */
export function choice(): string | undefined {
  if ((navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl) return 'necessary'
  return /(?:^|; )(?:__Host-)?site_consent=1\.(measure|necessary)(?:;|$)/.exec(document.cookie)?.[1]
}

/** Has the server keep a choice. @returns whether it has */
export async function keepChoice(chosen: string): Promise<boolean> {
  const answer = await fetch('/cookies', {
    method: 'POST',
    headers: { accept: 'application/json' },
    body: new URLSearchParams({ choice: chosen }),
  }).catch(() => undefined)
  return answer?.ok === true
}

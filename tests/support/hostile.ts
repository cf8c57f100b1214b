/**
 * What somebody would type who wants it to be more than text: of one line, as names and titles are. It says of
 * which field it is, has no slash, for file names have none, and begins as a formula does.
 */
export function hostileLine(field: string): string {
  return `=<inert-${field} dq"dq sq'sq e{{6*7}}e %0D%0AX-Inert:1>`
}

/** The same with what only text of several lines may have: headers, events, marks of direction, long words. */
export function hostileText(field: string): string {
  return [
    hostileLine(field),
    '</script></textarea></title></pre><script>alert(1)</script><img src=x onerror=alert(1)>',
    'e{{{6*7}}}e @{{ 6*7 }} ${6*7} <%= 6*7 %>',
    'X-Inert: 1',
    '',
    'data: {"channel":"inert"}',
    '',
    'event: inert',
    '@SUM(A1)\t+1\u202egnp.exe\u2066\u200b\ufeff',
    'w'.repeat(1000),
  ].join('\r\n')
}

/** The fields whose hostile words are in some text, however they are written there. */
export function fieldsIn(text: string): string[] {
  return [...new Set([...text.matchAll(/inert-(\w+)/g)].map(([, field]) => field))]
}

/** What of hostile words is not text in a page or an HTML mail; empty if all of it is. */
export function activeInHtml(html: string): string[] {
  const signs = [/<inert/i, /dq"dq/, /sq'sq/, /<script>alert/i, /<img src=x/i, /e42e/, /= 42/]
  return [...signs.filter((sign) => sign.test(html)).map(String)]
}

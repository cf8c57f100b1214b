export interface Page {
  status: number
  headers: Record<string, string>
  body: string
}

export function redirect(location: string): Page {
  return { status: 303, headers: { location }, body: '' }
}

/** A hosted page: one narrow column that fits any screen. */
export function html(vendor: string, status: number, title: string, content: string): Page {
  const body = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(title)} (sandbox)</title><style>body{font:16px/1.5 system-ui;max-width:28rem;margin:3rem auto;padding:0 1rem;overflow-wrap:anywhere}label{display:block}button{margin:1rem 1rem 0 0;padding:.5rem 1rem}[role=alert]{color:#b00020}</style><h1>${escape(title)}</h1>${content}<p><small>${vendor} stand-in: no real money moves.</small></p></html>`
  return { status, headers: { 'content-type': 'text/html; charset=utf-8' }, body }
}

export function escape(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return text.replaceAll(/[&<>"']/g, (mark) => entities[mark])
}

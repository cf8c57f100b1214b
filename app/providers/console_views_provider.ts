import edge from 'edge.js'
import * as formats from '#console/formats'
import * as links from '#console/links'

/** What all views may call: how amounts, moments, ids and states are written, and where things are shown. */
export default class ConsoleViewsProvider {
  async boot() {
    for (const [name, format] of Object.entries({ ...formats, ...links })) edge.global(name, format)
    const { html } = edge.globals
    edge.global('html', { ...html, attrs: (values: object) => html.attrs(escaped(values)) })
  }
}

/** Edge writes the values of attributes as they are, quotes and all, whoever they come from. */
function escaped(value: unknown): unknown {
  if (typeof value === 'string') return edge.globals.html.escape(value)
  if (Array.isArray(value)) return value.map(escaped)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, escaped(each)]))
}

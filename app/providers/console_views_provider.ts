import edge from 'edge.js'
import * as formats from '#console/formats'
import * as links from '#console/links'

/** What all views may call: how amounts, moments, ids and states are written, and where things are shown. */
export default class ConsoleViewsProvider {
  async boot() {
    for (const [name, format] of Object.entries({ ...formats, ...links })) edge.global(name, format)
  }
}

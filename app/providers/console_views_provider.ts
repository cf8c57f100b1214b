import edge from 'edge.js'
import * as formats from '#console/formats'

/** What all views may call: how amounts, moments, ids and states are written. */
export default class ConsoleViewsProvider {
  async boot() {
    for (const [name, format] of Object.entries(formats)) edge.global(name, format)
  }
}

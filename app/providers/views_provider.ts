import type { ApplicationService } from '@adonisjs/core/types'
import edge from 'edge.js'

/**
 * Edge looks on the disk which components there are for every renderer that it makes, that is for each page and
 * each half of a mail, even where it keeps what it has compiled. In production they stay what they are.
 */
export default class ViewsProvider {
  constructor(private app: Pick<ApplicationService, 'inProduction'>) {}

  async boot() {
    if (!this.app.inProduction) return
    const { loader } = edge
    const list = loader.listComponents.bind(loader)
    // At the first renderer and not now: folders and plugins are still being added.
    let components: ReturnType<typeof list> | undefined
    loader.listComponents = () => (components ??= list())
  }
}

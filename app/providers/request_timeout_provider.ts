import type { ApplicationService } from '@adonisjs/core/types'

/** 100 MB at half a megabit per second. Who sends nothing in between is cut off by `receiveFile`. */
const REQUEST_MS = 30 * 60 * 1000

/** Node gives up on a request after five minutes, which is too soon for a large file on a slow line. */
export default class RequestTimeoutProvider {
  constructor(private app: ApplicationService) {}

  async ready() {
    const server = await this.app.container.make('server')
    const node = server.getNodeServer()
    if (node && 'requestTimeout' in node) node.requestTimeout = REQUEST_MS
  }
}

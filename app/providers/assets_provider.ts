import ViteProvider from '@adonisjs/vite/vite_provider'

/**
 * Vite's own provider, which would start its server in every process of the tests: those take the assets as
 * they are built, as production does.
 */
export default class AssetsProvider extends ViteProvider {
  async start() {
    if (process.env.DEV_MODE) await super.start()
  }

  async shutdown() {
    if (process.env.DEV_MODE) await super.shutdown()
  }
}

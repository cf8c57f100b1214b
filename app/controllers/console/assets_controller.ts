import { notFound } from '#exceptions/problem'

export default class AssetsController {
  /** Reached only if the middleware for static files found none of that name. */
  async show() {
    throw notFound('asset')
  }
}

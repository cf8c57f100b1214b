import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { search } from '#console/search'

export default class SearchController {
  /** Leads to what was found; where it is not one thing only, shows what there is. */
  async index({ request, response, staff, view }: HttpContext) {
    const { q } = request.qs()
    // The reader of addresses makes a list of what has commas, such as an amount.
    const typed: unknown = Array.isArray(q) ? q.join(',') : q
    const searched = typeof typed === 'string' ? typed.trim() : ''
    const groups = await search(db.connection(), searched, staff.getUserOrFail().role)
    const [first] = groups
    if (groups.length === 1 && first.hits.length === 1) {
      return response.redirect().status(303).toPath(first.hits[0].href)
    }
    return view.render('console/search/index', { searched, groups })
  }
}

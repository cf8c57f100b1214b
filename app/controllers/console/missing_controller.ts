import { Problem } from '#exceptions/problem'

export default class MissingController {
  async show() {
    throw new Problem('There is no such page at the console.', {
      code: 'route_not_found',
      status: 404,
    })
  }
}

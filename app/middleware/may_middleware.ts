import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { forbidden } from '#exceptions/problem'
import { ACTIONS, roleMay, type StaffAction } from '#staff/roles'

/** Lets through whose role may do it. Every route of the console names its line of the table of actions. */
export default class MayMiddleware {
  handle({ staff }: HttpContext, next: NextFn, { action }: { action: StaffAction }) {
    const { about, roles } = ACTIONS[action]
    if (!roleMay(staff.getUserOrFail().role, action)) {
      throw forbidden(`To ${about}, one has to be ${roles.join(' or ')}.`)
    }
    return next()
  }
}

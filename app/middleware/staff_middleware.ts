import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { pageOf } from '#console/links'
import { menuOf } from '#console/navigation'
import { roleMay, type StaffAction } from '#staff/roles'

/**
 * Lets staff in and leads everybody else to the sign-in, which leads back. Views learn who it is, what they may
 * do (`may('payout.hold')`) and what their menu has.
 */
export default class StaffMiddleware {
  async handle({ staff, request, response, session, view }: HttpContext, next: NextFn) {
    if (!(await staff.check())) {
      // What was said of a form that came too late is read at the sign-in.
      session.reflashOnly(['refused'])
      const wanted = request.method() === 'GET' ? request.url(true) : undefined
      return response
        .redirect()
        .status(303)
        .withQs(wanted && wanted !== '/console' ? { next: wanted } : {})
        .toPath('/console/sign-in')
    }
    const { id, name, role } = staff.getUserOrFail()
    view.share({
      staff: { id, name, role },
      may: (action: StaffAction) => roleMay(role, action),
      // A link leads nobody to where they may not go.
      pageOf: (type: string, subject: string | bigint | null) => pageOf(type, subject, role),
      menu: menuOf(role, request.url()),
    })
    return next()
  }
}

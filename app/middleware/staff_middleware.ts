import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { menuOf } from '#console/navigation'
import { roleMay, type StaffAction } from '#staff/roles'

/**
 * Lets staff in and leads everybody else to the sign-in, which leads back. Views learn who it is, what they may
 * do (`may('payout.hold')`) and what their menu has.
 */
export default class StaffMiddleware {
  async handle({ staff, request, response, view }: HttpContext, next: NextFn) {
    if (!(await staff.check())) {
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
      menu: menuOf(role, request.url()),
    })
    return next()
  }
}

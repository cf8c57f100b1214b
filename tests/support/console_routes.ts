import router from '@adonisjs/core/services/router'
import type { RouteJSON } from '@adonisjs/core/types/http'
import { samplePath } from '#tests/support/console_pages'
import type { StaffAction } from '#staff/roles'

/** What is open to who is not signed in. Nothing else is, and nothing is added here lightly. */
export const PUBLIC = [
  'GET /console/sign-in',
  'POST /console/sign-in',
  'GET /console/sign-in/code',
  'POST /console/sign-in/code',
  'GET /console/invitation',
  'POST /console/invitation',
  'GET /console/invitation/set-up',
  'POST /console/invitation/set-up',
]

export const consoleRoutes = () =>
  Object.values(router.toJSON())
    .flat()
    .filter(({ pattern }) => /^\/console(\/|$)/.test(pattern))

export const methodOf = ({ methods }: RouteJSON) => methods.find((method) => method !== 'HEAD')!
export const nameOf = (route: RouteJSON) => `${methodOf(route)} ${route.pattern}`

/** The actions that a route names by `middleware.may`. */
export function actionsOf(route: RouteJSON): StaffAction[] {
  return [...route.middleware.all()].flatMap((each) => {
    return 'name' in each && each.name === 'may' ? [(each as any).args.action as StaffAction] : []
  })
}

export const isStaffOnly = (route: RouteJSON) =>
  [...route.middleware.all()].some((each) => 'name' in each && each.name === 'staff')

/** A path of a route, of something that is not there. */
export const pathOf = ({ pattern }: RouteJSON) =>
  pattern.replaceAll(/:[a-z_]+\??/g, '01912345-0000-7000-8000-000000000000').replace('*', 'nowhere')

/** A path of a route, of a record that is there if any of its kind is. */
export async function pathOfRecord(route: RouteJSON): Promise<string> {
  const [, subject = route.pattern, verb = ''] = /^(.*\/:\w+)(\/[\w/-]+)$/.exec(route.pattern) ?? []
  const found = await samplePath(subject)
  return found ? found + verb : pathOf(route)
}

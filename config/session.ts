import { cookieNamed, isHttps } from '#config/app'
import { defineConfig, stores } from '@adonisjs/session'

/** Its value is an id of no meaning; the session itself is in the database. */
export const CONSOLE_COOKIE = cookieNamed('console_session')

/**
 * Sessions of the console only; the API has none. What a browser has typed and is to see again may be longer
 * than a cookie, so it lies in the database, and several web processes share it. Who is signed in is not
 * decided here but by `staff_sessions`, which can be ended.
 */
const sessionConfig = defineConfig({
  enabled: true,
  cookieName: CONSOLE_COOKIE,
  clearWithBrowser: true,
  age: '12h',
  cookie: {
    path: '/',
    httpOnly: true,
    secure: isHttps,
    sameSite: 'lax',
  },
  store: 'database',
  stores: { database: stores.database({ tableName: 'console_sessions' }) },
})

export default sessionConfig

declare module '@adonisjs/session/types' {
  export interface SessionStoresList extends Record<'database', any> {}
}

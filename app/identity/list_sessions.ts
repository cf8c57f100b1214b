import db from '@adonisjs/lucid/services/db'
import { readPage, type Page, type PageQuery } from '#transformers/page'
import Session from '#models/session'

/** The sessions of a user that are alive, newest first. */
export async function listSessions(userId: string, page: PageQuery): Promise<Page<Session>> {
  return readPage(
    Session.query()
      .where('userId', userId)
      .whereNull('revokedAt')
      .where('expiresAt', '>', db.raw('now()')),
    page
  )
}

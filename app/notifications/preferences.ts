import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import {
  CATEGORIES,
  OPTIONAL_CATEGORIES,
  type Category,
  type OptionalCategory,
} from '#notifications/catalogue'

export interface Preference {
  /** What it is about, in words. */
  about: string
  in_app: true
  email: boolean
  /** Mails of this category cannot be switched off. */
  required: boolean
}

export type Preferences = Record<Category, Preference>

/** What a user wants to be told by which channel. Who never said anything gets everything. */
export async function readPreferences(userId: string): Promise<Preferences> {
  const rows = await db
    .from('notification_preferences')
    .where('user_id', userId)
    .select('category', 'email')
  const chosen = new Map<string, boolean>(rows.map((row) => [row.category, row.email]))
  return Object.fromEntries(
    Object.entries(CATEGORIES).map(([category, about]): [string, Preference] => [
      category,
      {
        about,
        in_app: true,
        email: chosen.get(category) ?? true,
        required: !isOptional(category),
      },
    ])
  ) as Preferences
}

/** Whether mails of this category go to the user. */
export async function wantsMail(userId: string, category: Category): Promise<boolean> {
  const preferences = await readPreferences(userId)
  return preferences[category].email
}

/** Changes some preferences and leaves the others. */
export async function savePreferences(
  userId: string,
  email: Partial<Record<OptionalCategory, boolean>>
): Promise<void> {
  // In one order for everybody, so that two requests of one user do not wait for each other.
  const rows = OPTIONAL_CATEGORIES.filter((category) => email[category] !== undefined)
  await inTransaction(async (trx) => {
    for (const category of rows) {
      await trx.rawQuery(
        `INSERT INTO notification_preferences (user_id, category, email) VALUES (?, ?, ?)
         ON CONFLICT (user_id, category) DO UPDATE SET email = EXCLUDED.email, updated_at = now()`,
        [userId, category, email[category]!]
      )
    }
  })
}

export function isOptional(category: string): category is OptionalCategory {
  return (OPTIONAL_CATEGORIES as readonly string[]).includes(category)
}

import type { HttpContext } from '@adonisjs/core/http'
import { readPreferences, savePreferences } from '#notifications/preferences'
import { notificationPreferencesValidator } from '#validators/notification'

export default class NotificationPreferencesController {
  async show({ auth }: HttpContext) {
    return { data: await readPreferences(auth.getUserOrFail().id) }
  }

  async update({ auth, request }: HttpContext) {
    const { id } = auth.getUserOrFail()
    const { work, money, messages, account } = await request.validateUsing(
      notificationPreferencesValidator
    )
    await savePreferences(id, {
      work: work?.email,
      money: money?.email,
      messages: messages?.email,
      account: account?.email,
    })
    return { data: await readPreferences(id) }
  }
}

import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { fromWords, inWords, readSettings, readVersions } from '#console/settings_page'
import { inTransaction } from '#database/transaction'
import { decideSetting } from '#escrow/decide_setting'
import {
  describeSetting,
  InvalidSetting,
  isSettingName,
  setting,
  type SettingName,
} from '#escrow/settings'
import { notFound, unprocessable } from '#exceptions/problem'
import { settingValidator } from '#validators/console/settings'

export default class SettingsController {
  async index({ view }: HttpContext) {
    return view.render('console/settings/index', { rows: await readSettings(db.connection()) })
  }

  async show({ params, view }: HttpContext) {
    const name = named(params.name)
    const value = inWords(await setting(db, name))
    const versions = await readVersions(db.connection(), name)
    const { about, default: defaultValue } = describeSetting(name)
    return view.render('console/settings/show', { name, about, value, defaultValue, versions })
  }

  async store({ params, request, response, session, staff }: HttpContext) {
    const name = named(params.name)
    const { value, version: seen, reason } = await request.validateUsing(settingValidator)
    const version = await inTransaction((trx) =>
      decideSetting(trx, name, fromWords(name, value) as any, {
        act: staff.act(reason),
        by: `staff:${staff.getUserOrFail().id}`,
        seen,
      })
    ).catch((error) => {
      throw error instanceof InvalidSetting
        ? unprocessable('value', 'setting', error.message)
        : error
    })
    session.flash('done', `${name} is ${value} from now on (version ${version}).`)
    return response.redirect().status(303).toPath(`/console/settings/${name}`)
  }
}

function named(name: string): SettingName {
  if (!isSettingName(name)) throw notFound('setting')
  return name
}

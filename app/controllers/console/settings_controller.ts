import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { doneAt } from '#console/acts'
import { readSetting, readSettings } from '#console/settings_page'
import { decideSetting } from '#escrow/decide_setting'
import { inUnits } from '#escrow/setting_words'
import { isSettingName, type SettingName } from '#escrow/settings'
import { notFound } from '#exceptions/problem'
import { settingValidator } from '#validators/console/settings'

export default class SettingsController {
  async index({ view }: HttpContext) {
    return view.render('console/settings/index', { rows: await readSettings(db.connection()) })
  }

  async show({ params, view }: HttpContext) {
    const setting = await readSetting(db.connection(), named(params.name))
    return view.render('console/settings/show', { setting })
  }

  async store(ctx: HttpContext) {
    const name = named(ctx.params.name)
    const { value, version: seen, reason } = await ctx.request.validateUsing(settingValidator)
    const { id } = ctx.staff.getUserOrFail()
    const { from, to, version, approval } = await decideSetting(name, value, {
      act: ctx.staff.act(reason),
      by: `staff:${id}`,
      proposer: id,
      seen,
    })
    const change = `from ${inUnits(name, from)} to ${inUnits(name, to)}`
    return approval
      ? doneAt(
          ctx,
          `/console/approvals/${approval.id}`,
          `Proposed to change ${name} ${change}. It stays as it is until somebody else approves it.`
        )
      : doneAt(ctx, `/console/settings/${name}`, `${name} changed ${change} (version ${version}).`)
  }
}

function named(name: string): SettingName {
  if (!isSettingName(name)) throw notFound('setting')
  return name
}

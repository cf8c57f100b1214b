import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { readMember, readStaff } from '#console/staff_page'
import { STAFF_ROLES } from '#models/staff'
import { changeStaffRole } from '#staff/change_role'
import { createStaff } from '#staff/create_staff'
import { disableStaff } from '#staff/disable_staff'
import { enableStaff } from '#staff/enable_staff'
import { resetStaff } from '#staff/reset_staff'
import {
  inviteValidator,
  staffActionValidator,
  staffRoleValidator,
} from '#validators/console/staff'

export default class StaffController {
  async index({ view }: HttpContext) {
    const members = await readStaff(db.connection())
    return view.render('console/staff/index', { members, roles: STAFF_ROLES })
  }

  async show({ params, staff, view }: HttpContext) {
    const member = await readMember(db.connection(), params.id)
    const isSelf = member.id === staff.getUserOrFail().id
    return view.render('console/staff/show', { member, isSelf, roles: STAFF_ROLES })
  }

  async store({ request, staff, view }: HttpContext) {
    const who = await request.validateUsing(inviteValidator)
    const { link } = await createStaff(who, staff.act())
    return view.render('console/staff/invited', { name: who.name, link })
  }

  async role({ params, request, response, session, staff }: HttpContext) {
    const { role, reason } = await request.validateUsing(staffRoleValidator)
    await changeStaffRole(params.id, role, staff.act(reason))
    session.flash('done', `Their role is ${role} from now on. They sign in anew.`)
    return response.redirect().status(303).toPath(`/console/staff/${params.id}`)
  }

  async disable({ params, request, response, session, staff }: HttpContext) {
    const { reason } = await request.validateUsing(staffActionValidator)
    await disableStaff(params.id, staff.act(reason))
    session.flash('done', 'They are let in no more.')
    return response.redirect().status(303).toPath(`/console/staff/${params.id}`)
  }

  async enable({ params, request, staff, view }: HttpContext) {
    const { reason } = await request.validateUsing(staffActionValidator)
    const link = await enableStaff(params.id, staff.act(reason))
    const { name } = await readMember(db.connection(), params.id)
    return view.render('console/staff/invited', { name, link })
  }

  async reset({ params, request, staff, view }: HttpContext) {
    const { reason } = await request.validateUsing(staffActionValidator)
    const link = await resetStaff(params.id, staff.act(reason))
    const { name } = await readMember(db.connection(), params.id)
    return view.render('console/staff/invited', { name, link })
  }
}

import mail from '@adonisjs/mail/services/main'
import { defineJob } from '#jobs/queue'
import StaffNoticeMail, { type StaffNotice } from '#mails/staff_notice_mail'
import Staff from '#models/staff'

export default defineJob<{ staffId: string; notice: StaffNotice; about?: string }>({
  name: 'mail_staff_notice',
  async handle({ staffId, notice, about }) {
    const staff = await Staff.find(staffId)
    if (staff && !staff.disabledAt) await mail.send(new StaffNoticeMail(staff, notice, about))
  },
})

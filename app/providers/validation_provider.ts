import vine from '@vinejs/vine'
import { PlainMessages } from '#validators/plain_messages'

/** Validators take their messages along when they are made, which is after providers have registered. */
export default class ValidationProvider {
  register() {
    vine.messagesProvider = new PlainMessages()
  }
}

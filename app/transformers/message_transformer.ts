import { BaseTransformer } from '@adonisjs/core/transformers'
import type Message from '#models/message'
import { isoTime } from '#transformers/serialize'

export default class MessageTransformer extends BaseTransformer<Message> {
  toObject() {
    const message = this.resource
    return {
      id: message.id,
      project_id: message.projectId,
      sender_id: message.senderId,
      body: message.body,
      created_at: isoTime(message.createdAt),
    }
  }
}

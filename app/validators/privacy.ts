import vine from '@vinejs/vine'
import { storable } from '#validators/text'

/** As for signing in: what is typed may be wrong, not malformed. */
export const erasureValidator = vine.create({
  password: vine.string().minLength(1).maxLength(1000).use(storable()),
})

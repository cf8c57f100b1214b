import vine from '@vinejs/vine'

/** Words that staff type into a form: why they do something. */
export const reasonField = () => vine.string().trim().minLength(3).maxLength(500)

export const settingValidator = vine.create(
  vine.object({
    value: vine.string().trim().minLength(1).maxLength(2000),
    /** The version that the form was made of. */
    version: vine.number().withoutDecimals().min(0),
    reason: reasonField(),
  })
)

/** All that most forms of the console ask for. */
export const reasonValidator = vine.create(vine.object({ reason: reasonField() }))

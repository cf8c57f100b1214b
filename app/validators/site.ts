import vine from '@vinejs/vine'
import { PAGES } from '#site/pages'
import { VITAL_NAMES } from '#site/web_vitals'

/** What a visitor has chosen. */
export const consentValidator = vine.create(
  vine.object({ choice: vine.enum(['measure', 'necessary'] as const) })
)

/** What a page measured of itself: each figure once, and none that is longer than a page may take. */
export const vitalsValidator = vine.create(
  vine.object({
    page: vine.enum(PAGES.map(({ path }) => path)),
    measured: vine
      .array(
        vine.object({
          name: vine.enum(VITAL_NAMES),
          value: vine.number({ strict: true }).min(0).max(120_000),
        })
      )
      .minLength(1)
      .maxLength(VITAL_NAMES.length)
      .distinct('name'),
  })
)

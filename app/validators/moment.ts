import { DateTime } from 'luxon'
import vine, { BaseLiteralType, symbols } from '@vinejs/vine'
import type { FieldContext, FieldOptions, Validation } from '@vinejs/vine/types'

/** A four-digit year keeps out what PostgreSQL could not store. */
const ISO_8601 = /^\d{4}-\d{2}-\d{2}(T[\d:.,]+(Z|[+-]\d{2}(:?\d{2})?)?)?$/

const futureRule = vine.createRule(
  (value: unknown, _: undefined, field: FieldContext) => {
    const moment =
      typeof value === 'string' && ISO_8601.test(value)
        ? DateTime.fromISO(value, { zone: 'utc' })
        : null
    if (!moment?.isValid) {
      field.report(
        'Write {{ field }} as an ISO 8601 date and time, such as 2030-01-31T12:00:00Z.',
        'moment',
        field
      )
    } else if (moment <= DateTime.utc()) {
      field.report('{{ field }} must be in the future.', 'future', field)
    } else {
      field.mutate(moment, field)
    }
  },
  { name: 'future' }
)

class VineFutureMoment extends BaseLiteralType<string, DateTime, DateTime> {
  [symbols.SUBTYPE] = 'moment'

  constructor(options?: Partial<FieldOptions>, validations?: Validation<any>[]) {
    super(options, validations ?? [futureRule()])
  }

  clone(): this {
    return new VineFutureMoment(this.cloneOptions(), this.cloneValidations()) as this
  }

  toJSONSchema() {
    return { type: 'string' as const, format: 'date-time' }
  }
}

/** A moment to come, ISO 8601; without an offset it is UTC. */
export function futureMoment(): VineFutureMoment {
  return new VineFutureMoment()
}

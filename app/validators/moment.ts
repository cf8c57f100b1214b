import { DateTime } from 'luxon'
import vine, { BaseLiteralType, symbols } from '@vinejs/vine'
import type { FieldContext, FieldOptions, Validation } from '@vinejs/vine/types'

/** A four-digit year keeps out what PostgreSQL could not store; no place on earth is beyond ±14:00. */
const ISO_8601 = /^\d{4}-\d{2}-\d{2}(T[\d:.,]+(Z|[+-]((0\d|1[0-3])(:?[0-5]\d)?|14(:?00)?))?)?$/

/** @returns null after reporting what is no moment */
function readMoment(value: unknown, field: FieldContext): DateTime | null {
  const moment =
    typeof value === 'string' && ISO_8601.test(value)
      ? DateTime.fromISO(value, { zone: 'utc' })
      : null
  if (moment?.isValid) return moment
  field.report(
    'Write {{ field }} as an ISO 8601 date and time, such as 2030-01-31T12:00:00Z.',
    'moment',
    field
  )
  return null
}

const futureRule = vine.createRule(
  (value: unknown, _: undefined, field: FieldContext) => {
    const moment = readMoment(value, field)
    if (!moment) return
    if (moment <= DateTime.utc()) {
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

/** Before there was anything to ask for; PostgreSQL, unlike ISO 8601, knows no year 0. */
const EARLIEST = DateTime.utc(2000)

const momentRule = vine.createRule(
  (value: unknown, _: undefined, field: FieldContext) => {
    const moment = readMoment(value, field)
    if (!moment) return
    if (moment < EARLIEST) field.report('{{ field }} must be 2000-01-01 or later.', 'moment', field)
    else field.mutate(moment, field)
  },
  { name: 'moment' }
)

class VineMoment extends BaseLiteralType<string, DateTime, DateTime> {
  [symbols.SUBTYPE] = 'moment'

  constructor(options?: Partial<FieldOptions>, validations?: Validation<any>[]) {
    super(options, validations ?? [momentRule()])
  }

  clone(): this {
    return new VineMoment(this.cloneOptions(), this.cloneValidations()) as this
  }

  toJSONSchema() {
    return { type: 'string' as const, pattern: ISO_8601.source, examples: ['2026-03-01'] }
  }
}

/** A moment, ISO 8601; without an offset it is UTC, without a time the day's first. */
export function anyMoment(): VineMoment {
  return new VineMoment()
}

/** A moment to come, ISO 8601; without an offset it is UTC. */
export function futureMoment(): VineFutureMoment {
  return new VineFutureMoment()
}

import { BaseSerializer } from '@adonisjs/core/transformers'
import type { Page } from '#transformers/page'

/** The envelope of every answer of the API: `{ "data": … }`. */
class ApiSerializer extends BaseSerializer<{ Wrap: 'data' }> {
  wrap = 'data' as const

  definePaginationMetaData(): never {
    throw new Error('Lists page by keyset; see serializePage')
  }
}

const serializer = new ApiSerializer()

/** `serialize(ProjectTransformer.transform(project))` is `{ data: { … } }`, ready to be returned. */
export const serialize = serializer.serialize.bind(serializer)

/** The same without the envelope, for where there is no answer to wrap. */
export const serializeBare = serializer.serializeWithoutWrapping.bind(serializer)

/** One page of a list: `{ data: [ … ], meta: { next_cursor, has_more } }`. */
export async function serializePage<Collection extends object>(
  collection: Collection,
  page: Pick<Page<unknown>, 'meta'>
): Promise<{ data: unknown; meta: Page<unknown>['meta'] }> {
  const data = await serializer.serializeWithoutWrapping(collection)
  return { data, meta: page.meta }
}

/** A moment as the wire has it: ISO 8601 in UTC. */
export function isoTime(time: { toUTC(): { toISO(): string | null } }): string
export function isoTime(time: { toUTC(): { toISO(): string | null } } | null): string | null
export function isoTime(time: { toUTC(): { toISO(): string | null } } | null): string | null {
  return time ? time.toUTC().toISO() : null
}

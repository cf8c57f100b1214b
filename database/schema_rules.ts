import { type SchemaRules } from '@adonisjs/lucid/types/schema_generator'

/**
 * How column types become model properties. Money columns are int8, which `config/database.ts`
 * reads as `bigint`; the generator would call them `bigint | number`.
 */
export default {
  types: {
    bigint: { tsType: 'bigint', decorators: [{ name: '@column' }] },
    jsonb: {
      tsType: 'any',
      decorators: [{ name: '@jsonColumn' }],
      imports: [{ source: '#database/json_column', namedImports: ['jsonColumn'] }],
    },
  },
} satisfies SchemaRules

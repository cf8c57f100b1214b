import { writeFile } from 'node:fs/promises'
import { args } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { OperatorCommand } from './_operator_command.js'

export default class OpenapiExport extends OperatorCommand {
  static commandName = 'openapi:export'
  static description = 'Write the OpenAPI document of the API to a file'
  static help = ['Needs no database. The document is what /openapi.json serves.']
  static options: CommandOptions = { startApp: true }

  @args.string({ description: 'Where to, such as openapi.json' })
  declare file: string

  async run() {
    const { openApiDocument } = await import('#openapi/document')
    await writeFile(this.file, `${JSON.stringify(openApiDocument(), null, 2)}\n`)
    this.logger.success(`written to ${this.file}`)
  }
}

import type { HttpContext } from '@adonisjs/core/http'
import { statementCsv } from '#statements/statement_csv'
import { statementValidator } from '#validators/payment'

export default class StatementsController {
  async show({ auth, request, response }: HttpContext) {
    const { from, to } = await statementValidator.validate(request.qs())
    const period = { from: from.toJSDate(), to: to.toJSDate() }
    const statement = await statementCsv(auth.getUserOrFail(), period)
    response.header('content-type', statement.contentType)
    response.header('content-length', statement.size)
    response.header('content-disposition', `attachment; filename="${statement.filename}"`)
    response.header('cache-control', 'private, no-store')
    return response.stream(statement.stream)
  }
}

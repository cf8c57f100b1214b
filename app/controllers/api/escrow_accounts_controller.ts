import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { visibleProject } from '#escrow/visible'
import { escrowStatement } from '#escrow/escrow_statement'
import EscrowStatementTransformer from '#transformers/escrow_statement_transformer'
import { serialize } from '#transformers/serialize'

export default class EscrowAccountsController {
  async show({ auth, params }: HttpContext) {
    const project = await visibleProject(auth.getUserOrFail(), params.project_id)
    return serialize(EscrowStatementTransformer.transform(await escrowStatement(db, project)))
  }
}

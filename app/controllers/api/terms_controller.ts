import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { termsInForce } from '#identity/terms'
import TermsTransformer from '#transformers/terms_transformer'
import { serialize } from '#transformers/serialize'

export default class TermsController {
  async show(_: HttpContext) {
    return serialize(TermsTransformer.transform(await termsInForce(db)))
  }
}

import { SingleUseTokenSchema } from '#database/schema'

export default class SingleUseToken extends SingleUseTokenSchema {}

import { ReleaseSchema } from '#database/schema'

export default class Release extends ReleaseSchema {}

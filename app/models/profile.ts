import { ProfileSchema } from '#database/schema'

export default class Profile extends ProfileSchema {}

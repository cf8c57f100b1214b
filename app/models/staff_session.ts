import { StaffSessionSchema } from '#database/schema'

/** A sign-in of somebody who works here, in one browser. */
export default class StaffSession extends StaffSessionSchema {}

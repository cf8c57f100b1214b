import { ActivitySchema } from '#database/schema'

export default class Activity extends ActivitySchema {
  static table = 'activity'
}

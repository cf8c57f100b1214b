import type { FaultPlan as CommonFaultPlan } from '../common/faults.js'
import type { Form } from './form.js'

export type { FaultKind, Hold } from '../common/faults.js'

export interface FaultPlan extends CommonFaultPlan<Form> {
  /** The key stores the 500 itself, so that a retry with the same key gets the 500 again. */
  replay500?: boolean
}

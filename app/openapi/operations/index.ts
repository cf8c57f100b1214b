import type { Operations } from '#openapi/operation'
import { authOperations } from '#openapi/operations/auth'
import { disputeOperations } from '#openapi/operations/disputes'
import { documentOperations } from '#openapi/operations/documents'
import { fileOperations } from '#openapi/operations/files'
import { healthOperations } from '#openapi/operations/health'
import { notificationOperations } from '#openapi/operations/notifications'
import { paperOperations } from '#openapi/operations/papers'
import { paymentOperations } from '#openapi/operations/payments'
import { payoutAccountOperations } from '#openapi/operations/payout_accounts'
import { privacyOperations } from '#openapi/operations/privacy'
import { projectOperations } from '#openapi/operations/projects'
import { streamOperations } from '#openapi/operations/streams'
import { webhookOperations } from '#openapi/operations/webhooks'

/** What the document says of each route, one file per file of `start/routes`. */
export const operations: Operations = {
  ...authOperations,
  ...projectOperations,
  ...paymentOperations,
  ...disputeOperations,
  ...payoutAccountOperations,
  ...notificationOperations,
  ...paperOperations,
  ...privacyOperations,
  ...fileOperations,
  ...streamOperations,
  ...webhookOperations,
  ...healthOperations,
  ...documentOperations,
}

/** The objects of PayPal's documents, as far as the stand-in makes them. */

export interface Money {
  currency_code: string
  value: string
}

/** How Payouts v1 writes money. */
export interface PayoutMoney {
  currency: string
  value: string
}

export interface Link {
  href: string
  rel: string
  method?: 'GET' | 'POST' | 'PATCH'
}

export interface Name {
  given_name: string
  surname: string
}

export interface Payer {
  email_address: string
  payer_id: string
  name: Name
  address: { country_code: string }
}

export interface PurchaseUnit {
  reference_id: string
  amount: Money & { breakdown?: Record<string, Money> }
  payee: { email_address: string; merchant_id: string }
  description?: string
  custom_id?: string
  invoice_id?: string
  soft_descriptor?: string
  items?: Record<string, unknown>[]
}

export type OrderStatus = 'CREATED' | 'PAYER_ACTION_REQUIRED' | 'APPROVED' | 'COMPLETED' | 'VOIDED'
export type Wallet = 'paypal' | 'venmo'

export interface Order {
  id: string
  intent: 'CAPTURE'
  status: OrderStatus
  purchase_units: PurchaseUnit[]
  payment_source?: Partial<Record<Wallet, Record<string, unknown>>>
  payer?: Payer
  create_time: string
  update_time?: string
}

export type CaptureStatus =
  'COMPLETED' | 'DECLINED' | 'PARTIALLY_REFUNDED' | 'PENDING' | 'REFUNDED' | 'FAILED'

export interface Capture {
  id: string
  status: CaptureStatus
  status_details?: { reason: string }
  amount: Money
  final_capture: true
  seller_protection: { status: string; dispute_categories?: string[] }
  seller_receivable_breakdown?: { gross_amount: Money; paypal_fee: Money; net_amount: Money }
  disbursement_mode: 'INSTANT'
  custom_id?: string
  invoice_id?: string
  create_time: string
  update_time: string
}

export interface Refund {
  id: string
  status: 'COMPLETED' | 'PENDING' | 'FAILED' | 'CANCELLED'
  status_details?: { reason: 'ECHECK' }
  amount: Money
  invoice_id?: string
  custom_id?: string
  note_to_payer?: string
  seller_payable_breakdown: {
    gross_amount: Money
    paypal_fee: Money
    net_amount: Money
    total_refunded_amount: Money
  }
  create_time: string
  update_time: string
}

export type BatchStatus = 'DENIED' | 'PENDING' | 'PROCESSING' | 'SUCCESS' | 'CANCELED'

export interface PayoutBatch {
  payout_batch_id: string
  batch_status: BatchStatus
  time_created: string
  time_completed?: string
  sender_batch_header: {
    sender_batch_id?: string
    recipient_type?: string
    email_subject?: string
    email_message?: string
  }
  funding_source: 'BALANCE'
  amount: PayoutMoney
  fees: PayoutMoney
}

export type PayoutItemStatus =
  | 'SUCCESS'
  | 'FAILED'
  | 'PENDING'
  | 'UNCLAIMED'
  | 'RETURNED'
  | 'ONHOLD'
  | 'BLOCKED'
  | 'REFUNDED'
  | 'REVERSED'

export interface PayoutItem {
  payout_item_id: string
  transaction_id?: string
  transaction_status: PayoutItemStatus
  payout_item_fee: PayoutMoney
  payout_batch_id: string
  payout_item: {
    recipient_type: 'EMAIL' | 'PHONE' | 'PAYPAL_ID' | 'USER_HANDLE'
    amount: PayoutMoney
    note?: string
    receiver: string
    sender_item_id?: string
    recipient_wallet: 'PAYPAL' | 'VENMO'
    purpose?: string
  }
  time_processed?: string
  errors?: { name: string; message: string; debug_id: string; information_link?: string }
}

export interface WebhookEvent {
  id: string
  event_version: '1.0'
  create_time: string
  resource_type: string
  resource_version?: string
  event_type: string
  summary: string
  resource: Record<string, unknown>
  links: Link[]
}

export type DisputeStage = 'INQUIRY' | 'CHARGEBACK' | 'PRE_ARBITRATION' | 'ARBITRATION'
export type DisputeStatus =
  | 'OPEN'
  | 'WAITING_FOR_BUYER_RESPONSE'
  | 'WAITING_FOR_SELLER_RESPONSE'
  | 'UNDER_REVIEW'
  | 'RESOLVED'
  | 'OTHER'
export type DisputeOutcome =
  | 'RESOLVED_BUYER_FAVOUR'
  | 'RESOLVED_SELLER_FAVOUR'
  | 'RESOLVED_WITH_PAYOUT'
  | 'CANCELED_BY_BUYER'
  | 'ACCEPTED'
  | 'DENIED'
  | 'NONE'

export interface MoneyMovement {
  affected_party: 'SELLER'
  amount: Money
  initiated_time: string
  type: 'DEBIT' | 'CREDIT'
  reason: 'DISPUTE_SETTLEMENT' | 'DISPUTE_SETTLEMENT_FEE' | 'DISPUTE_FEE' | 'CHARGEBACK_FEE'
}

export interface Evidence {
  evidence_type?: string
  evidence_info?: Record<string, unknown>
  documents?: { name: string }[]
  notes?: string
  source: string
  date: string
  dispute_life_cycle_stage: DisputeStage
}

export interface Dispute {
  dispute_id: string
  create_time: string
  update_time: string
  disputed_transactions: Record<string, unknown>[]
  reason: string
  status: DisputeStatus
  dispute_amount: Money
  dispute_outcome?: { outcome_code: DisputeOutcome; amount_refunded?: Money }
  adjudications?: Record<string, unknown>[]
  money_movements?: MoneyMovement[]
  dispute_life_cycle_stage: DisputeStage
  dispute_channel: 'INTERNAL' | 'EXTERNAL'
  messages?: Record<string, unknown>[]
  evidences?: Evidence[]
  seller_response_due_date?: string
  buyer_response_due_date?: string
  offer?: Record<string, unknown>
}

/** One movement of the balance, in minor units; what leaves it is negative. */
export interface Movement {
  transaction_id: string
  event_code: string
  status: 'S' | 'P' | 'V' | 'D'
  currency: string
  gross: number
  fee: number
  /** Whether it is in the balance: a payment that has not cleared is not. */
  affects: boolean
  initiated: string
  updated: string
  reference?: string
  invoice_id?: string
  custom_field?: string
  subject?: string
  email?: string
}

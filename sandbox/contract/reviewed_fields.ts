/**
 * What may be sent or answered although the vendor's document does not have it, because the document
 * is older than the API version in use. Each entry was looked at, and says why it is right.
 */
export interface ReviewedFields {
  /** By operation (`POST /v1/x/{}`) and parameter, with dots into a nested one. */
  requests: Record<string, Record<string, string>>
  /** By component and field, or `field=value` for a value that an enum lacks. */
  answers: Record<string, Record<string, string>>
}

const IN_SDK = 'in the SDK types of 2026-10-28.endive'
const ALWAYS_NULL = `${IN_SDK}; required there, and null for what the stand-in does`

/** Stripe's published document of 2023-08-16 against API version 2026-10-28.endive. */
export const STRIPE_REVIEWED: ReviewedFields = {
  requests: {
    'POST /v1/checkout/sessions': {
      ui_mode: `${IN_SDK}; the hosted page is its default`,
    },
    'GET /v1/checkout/sessions': {
      created: `${IN_SDK}; a range as on other lists`,
      status: IN_SDK,
    },
    'POST /v1/disputes/{}': {
      'evidence.appeal': `${IN_SDK}; what an appeal against a lost dispute says`,
    },
    'POST /v1/account_links': {
      collection_options: `${IN_SDK}; takes the place of collect`,
    },
  },
  answers: {
    'account_business_profile': {
      annual_revenue: ALWAYS_NULL,
      estimated_worker_count: ALWAYS_NULL,
      minority_owned_business_designation: ALWAYS_NULL,
      specified_commercial_transactions_act_url: ALWAYS_NULL,
    },
    'account_unification_account_controller': {
      fees: `${IN_SDK}; who pays Stripe's fees`,
      losses: `${IN_SDK}; who bears a negative balance`,
      requirement_collection: `${IN_SDK}; who collects what is due`,
      stripe_dashboard: `${IN_SDK}; which dashboard the account has`,
    },
    'balance_transaction': {
      balance_type: `${IN_SDK}; the balance that moved, always payments here`,
    },
    'billing_details': { tax_id: ALWAYS_NULL },
    'charge': { source: `${ALWAYS_NULL}: payment methods, not sources, are charged` },
    'charge_outcome': {
      advice_code: `${IN_SDK}; what to do after a decline`,
      network_advice_code: ALWAYS_NULL,
      network_decline_code: `${IN_SDK}; the network's own code of a decline`,
    },
    'checkout.session': {
      adaptive_pricing: IN_SDK,
      allowed_payment_method_types: ALWAYS_NULL,
      client_secret: `${ALWAYS_NULL}: the hosted page needs none`,
      collected_information: ALWAYS_NULL,
      customer_account: ALWAYS_NULL,
      discounts: ALWAYS_NULL,
      integration_identifier: ALWAYS_NULL,
      managed_payments: ALWAYS_NULL,
      origin_context: ALWAYS_NULL,
      payment_method_configuration_details: ALWAYS_NULL,
      permissions: ALWAYS_NULL,
      saved_payment_method_options: ALWAYS_NULL,
      ui_mode: `${IN_SDK}; always hosted_page here`,
      wallet_options: ALWAYS_NULL,
    },
    'dispute': {
      'enhanced_eligibility_types': `${IN_SDK}; empty here`,
      'intended_submission_method': ALWAYS_NULL,
      'status=prevented': `${IN_SDK}; a dispute that was refunded before it began`,
      'status=appeal_needs_response': `${IN_SDK}; a lost dispute that may be appealed`,
      'status=appeal_under_review': `${IN_SDK}; an appeal that was made`,
    },
    'dispute_evidence': { enhanced_evidence: `${IN_SDK}; empty here` },
    'dispute_evidence_details': {
      enhanced_eligibility: `${IN_SDK}; empty here`,
      submission_method: `${IN_SDK}; how the evidence went in`,
    },
    'dispute_payment_method_details_card': {
      case_type: `${IN_SDK}; inquiry or chargeback`,
    },
    'item': { adjustable_quantity: ALWAYS_NULL, metadata: `${IN_SDK}; empty here` },
    'payment_intent': {
      allowed_payment_method_types: ALWAYS_NULL,
      customer_account: ALWAYS_NULL,
      excluded_payment_method_types: ALWAYS_NULL,
      managed_payments: ALWAYS_NULL,
      payment_method_configuration_details: ALWAYS_NULL,
      payment_record: ALWAYS_NULL,
      source: `${ALWAYS_NULL}: payment methods, not sources, are charged`,
    },
    'payment_method': {
      allow_redisplay: `${IN_SDK}; unspecified here`,
      customer_account: ALWAYS_NULL,
    },
    'payment_method_card': {
      display_brand: `${IN_SDK}; the brand as it is shown`,
      regulated_status: `${IN_SDK}; whether the debit fee is capped by law`,
    },
    'payment_method_details_card': {
      amount_authorized: ALWAYS_NULL,
      authorization_code: ALWAYS_NULL,
      electronic_commerce_indicator: ALWAYS_NULL,
      network_transaction_id: ALWAYS_NULL,
      regulated_status: `${IN_SDK}; whether the debit fee is capped by law`,
    },
    'payment_pages_checkout_session_automatic_tax': {
      liability: ALWAYS_NULL,
      provider: ALWAYS_NULL,
    },
    'payment_pages_checkout_session_custom_text': {
      after_submit: ALWAYS_NULL,
      terms_of_service_acceptance: ALWAYS_NULL,
    },
    'payment_pages_checkout_session_customer_details': {
      business_name: ALWAYS_NULL,
      individual_name: ALWAYS_NULL,
    },
    'payout': {
      application_fee: ALWAYS_NULL,
      application_fee_amount: ALWAYS_NULL,
      payout_method: ALWAYS_NULL,
      trace_id: `${IN_SDK}; the bank's reference, there once paid`,
    },
    'topup': { initiated_by: `${IN_SDK}; who asked for it` },
    'refund': {
      customer: ALWAYS_NULL,
      customer_account: ALWAYS_NULL,
      destination_details: `${IN_SDK}; where the money goes`,
      payment_method: `${IN_SDK}; what was charged`,
      pending_reason: `${IN_SDK}; why a refund waits`,
    },
  },
}

const FROM_A_LINK = 'only ever sent by following a link of PayPal, whose form is its own'
const EVIDENCE_FORM =
  'the description says that the evidence is JSON; the form lists a file and leaves it out'

/** PayPal's published documents of 2024-02 against what its pages and its service say since. */
export const PAYPAL_REVIEWED: Record<
  'orders' | 'payments' | 'payouts' | 'disputes' | 'webhooks' | 'reporting',
  ReviewedFields
> = {
  orders: { requests: {}, answers: {} },
  payments: { requests: {}, answers: {} },
  payouts: { requests: {}, answers: {} },
  disputes: {
    requests: {
      'POST /v1/customer/disputes/{}/provide-evidence': {
        input: EVIDENCE_FORM,
        evidences: EVIDENCE_FORM,
      },
    },
    answers: {},
  },
  webhooks: {
    requests: { 'GET /v1/notifications/webhooks-events': { next_event_id: FROM_A_LINK } },
    answers: {},
  },
  reporting: { requests: {}, answers: {} },
}

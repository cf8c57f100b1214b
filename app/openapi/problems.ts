/** What the document tells about one code of a problem. */
export interface ProblemKind {
  /** More than one where the same means something else at other endpoints. */
  status: number | readonly [number, ...number[]]
  /** What was wrong. One sentence. */
  means: string
  /** What to do about it. One sentence, for who writes a frontend. */
  todo: string
}

/**
 * Every `code` that a caller of the API can get. A code in the answer of an operation must be here and
 * in that operation's `problems`; a test looks for codes in `app/` that are missing.
 */
export const PROBLEMS = {
  // Of every request.
  bad_request: {
    status: 400,
    means: 'The request could not be read.',
    todo: 'Mend the request; `detail` says what is wrong.',
  },
  bad_url: {
    status: 400,
    means: 'The path has broken percent-encoding.',
    todo: 'Encode path parameters with `encodeURIComponent`.',
  },
  malformed_json: {
    status: 400,
    means: 'The body is no JSON object, or is nested too deeply.',
    todo: 'Send one JSON object.',
  },
  query_not_allowed: {
    status: 400,
    means: 'The address has a query, but the endpoint takes its fields in the body only.',
    todo: 'Send every field in the body.',
  },
  unauthenticated: {
    status: 401,
    means: 'The access token is missing, wrong, expired, or its session has ended.',
    todo: 'Refresh the tokens once and send the request again; if that fails, sign in.',
  },
  https_required: {
    status: 403,
    means: 'The request came by plain HTTP, so that anybody on its way could read it.',
    todo: 'Call `https://` addresses only; replace the tokens and passwords that were sent.',
  },
  forbidden: {
    status: 403,
    means: 'You may see the record, but your role does not allow this.',
    todo: 'Do not offer it to this user; `detail` says who may.',
  },
  not_found: {
    status: 404,
    means: 'There is no such record, or it is not yours to see.',
    todo: 'Go back to the list.',
  },
  route_not_found: {
    status: 404,
    means: 'There is no such endpoint.',
    todo: 'Check method and path against this document.',
  },
  method_not_allowed: {
    status: 405,
    means: 'The endpoint takes other methods only.',
    todo: 'Use one of those in the `Allow` header.',
  },
  too_large: {
    status: 413,
    means: 'The body is larger than allowed: one megabyte, except for uploads.',
    todo: 'Send less.',
  },
  unsupported_media_type: {
    status: 415,
    means: 'The body is in a type, encoding or compression that is not taken here.',
    todo: 'Send uncompressed JSON as UTF-8 with `Content-Type: application/json`.',
  },
  validation_failed: {
    status: 422,
    means: 'Some fields are not acceptable.',
    todo: 'Show each of `errors` at its field.',
  },
  too_many_requests: {
    status: 429,
    means: 'This address or this account asks too often.',
    todo: 'Wait as many seconds as `Retry-After` says.',
  },
  internal_error: {
    status: 500,
    means: 'Something went wrong on our side.',
    todo: 'Try again later; a money request with the same `Idempotency-Key`. Tell us `request_id` if it stays.',
  },

  // Sign-in.
  busy: {
    status: 503,
    means:
      'Too many passwords are being checked, or too many files are on their way, at this moment.',
    todo: 'Send it again after as many seconds as `Retry-After` says; files of one account one after the other.',
  },
  invalid_credentials: {
    status: 401,
    means: 'The e-mail address or the password is wrong. Which of them is not told.',
    todo: 'Let the user try again or reset the password.',
  },
  invalid_refresh_token: {
    status: 401,
    means: 'The refresh token is unknown, expired or was used before.',
    todo: 'Sign in again.',
  },
  email_taken: {
    status: 409,
    means: 'There is an account with this e-mail address.',
    todo: 'Offer to sign in or to reset the password.',
  },
  already_verified: {
    status: 409,
    means: 'The e-mail address is verified already.',
    todo: 'Load the profile again and go on.',
  },
  email_not_verified: {
    status: 403,
    means: 'Who has not verified the e-mail address moves no money.',
    todo: 'Ask for the link in the mail; offer to send another one.',
  },

  terms_not_in_force: {
    status: 422,
    means: 'The terms that were accepted are not those in force.',
    todo: 'Show those at `terms_url` and send their `terms_version`.',
  },
  export_under_way: {
    status: 409,
    means: 'A copy of your data is being prepared.',
    todo: 'Wait for the mail, or look at the list of copies.',
  },
  too_many_exports: {
    status: 429,
    means: 'You have had as many copies of your data as there are in a day.',
    todo: 'Ask again tomorrow.',
  },
  erasure_refused: {
    status: 409,
    means: 'Something is open that keeps the account from being deleted: `reasons`.',
    todo: 'Show each of `reasons`.',
  },

  no_password: {
    status: 409,
    means: 'The account has no password; it signs in with another provider.',
    todo: 'Offer to set one by the reset link.',
  },
  too_many_changes: {
    status: 429,
    means: 'You have asked for many changes of the address within an hour.',
    todo: 'Wait, then ask again.',
  },
  account_suspended: {
    status: 403,
    means: 'Our staff have suspended the account. Its sessions have ended, and no way leads in.',
    todo: 'Tell the user to write to us; trying again changes nothing until they are let back.',
  },
  invalid_challenge: {
    status: 401,
    means: 'The sign-in was completed already, or took too long.',
    todo: 'Sign in again.',
  },
  invalid_code: {
    status: 401,
    means: 'The code is wrong, too old, or was used already.',
    todo: 'Ask for the next one of the app.',
  },
  too_many_codes: {
    status: 429,
    means: 'There were too many wrong codes.',
    todo: 'Offer a recovery code, or wait as many seconds as `Retry-After` says.',
  },
  mfa_enabled: {
    status: 409,
    means: 'Codes from an authenticator app are asked for already.',
    todo: 'Disable this app before another is set up.',
  },
  mfa_not_enrolled: {
    status: 409,
    means: 'No authenticator app has been begun with.',
    todo: 'Enroll first.',
  },
  mfa_not_enabled: {
    status: 409,
    means: 'No codes from an authenticator app are asked for.',
    todo: 'Load the status again.',
  },
  mfa_unavailable: {
    status: 503,
    means: 'Codes of the app cannot be checked right now.',
    todo: 'Offer a recovery code.',
  },

  sign_in_again: {
    status: 403,
    means:
      'This takes a sign-in of just now: it is about where money goes, or the account has no password to ask for.',
    todo: 'Have the user sign in again, then repeat this within ten minutes.',
  },
  provider_not_offered: {
    status: 404,
    means: 'Signing in with this provider is not offered here.',
    todo: 'Offer those that `GET /api/auth/oauth` names.',
  },
  invalid_oauth_code: {
    status: 401,
    means: 'The one-time code was used, has expired, or is not of this browser’s sign-in.',
    todo: 'Begin the sign-in at the provider again.',
  },
  user_type_required: {
    status: 422,
    means: 'There is no account yet. The code stays good.',
    todo: 'Ask what kind of account it shall be, show the terms, and send the code again with `user_type`.',
  },
  link_required: {
    status: 409,
    means: 'An account has this e-mail address already. The code stays good.',
    todo: 'Have its owner sign in to it, then confirm the link with the code.',
  },
  identity_taken: {
    status: 409,
    means: 'The account at the provider signs somebody else in.',
    todo: 'Sign in with it, or use another one.',
  },
  last_sign_in: {
    status: 409,
    means: 'It is the only way to sign in to the account.',
    todo: 'Offer to set a password by the reset link first.',
  },

  // Idempotency.
  idempotency_key_required: {
    status: 400,
    means: 'The request moves money and has no `Idempotency-Key`.',
    todo: 'Make a UUID for each intent and send it with every try.',
  },
  idempotency_key_invalid: {
    status: 400,
    means: 'The `Idempotency-Key` is not 1 to 255 visible ASCII characters.',
    todo: 'Use a UUID.',
  },
  idempotency_in_progress: {
    status: 409,
    means: 'A request with this key is still running.',
    todo: 'Wait as many seconds as `Retry-After` says and send the same again.',
  },
  idempotency_key_reused: {
    status: 422,
    means: 'The key was used for another request.',
    todo: 'Use a new key for each intent.',
  },

  // Projects and their terms.
  wrong_state: {
    status: 409,
    means: 'The record is in a state that does not allow this: `current_status`.',
    todo: 'Load it again and show what is possible now.',
  },
  proposal_required: {
    status: 409,
    means: 'Both sides have agreed on the project, so one alone changes nothing.',
    todo: 'Make a proposal that the other side accepts.',
  },
  proposal_outdated: {
    status: 409,
    means: 'A date of the proposal has passed.',
    todo: 'Decline it and make a new one.',
  },
  terms_changed: {
    status: 409,
    means: 'The client has changed the project since you read it.',
    todo: 'Show the invitation again and accept its new `terms`.',
  },
  invitee_is_client: {
    status: 409,
    means: 'The address belongs to a client account, which takes no projects on.',
    todo: 'Invite another address.',
  },
  own_address: {
    status: 409,
    means: 'You cannot invite yourself.',
    todo: 'Invite another address.',
  },
  other_address: {
    status: 403,
    means: 'The invitation, or the account at the provider, has another address than this account.',
    todo: 'Sign in with the account of that address.',
  },
  not_a_freelancer: {
    status: 403,
    means: 'Only a freelancer account can take a project on.',
    todo: 'Register as a freelancer with another address.',
  },
  money_held: {
    status: 409,
    means: 'Money is held for the project.',
    todo: 'Release or refund it first.',
  },
  payment_pending: {
    status: 409,
    means: 'Payments of the project are under way, of the kinds in `pending`.',
    todo: 'Wait for their end, or cancel the deposits.',
  },
  not_finished: {
    status: 409,
    means: 'Something of the project is still open; `detail` says what.',
    todo: 'Finish that first.',
  },

  party_erased: {
    status: 409,
    means: 'The other side has deleted their account.',
    todo: 'Do not offer it any more.',
  },

  // Milestones and money.
  not_funded: {
    status: 409,
    means: 'No money is held for the milestone yet.',
    todo: 'Wait until the client has paid.',
  },
  already_funded: {
    status: 409,
    means: 'The milestone `milestone_id` is funded already.',
    todo: 'Leave it out.',
  },
  milestone_funded: {
    status: 409,
    means: 'The amount of a funded milestone never changes.',
    todo: 'Propose another milestone instead.',
  },
  milestone_closed: {
    status: 409,
    means: 'Nothing can happen to the milestone any more: `closed_reason`.',
    todo: 'Load it again.',
  },
  deposit_pending: {
    status: 409,
    means: 'A deposit is on its way: `transaction_id`, where it is known.',
    todo: 'Wait for its end, or cancel it.',
  },
  nothing_held: {
    status: 409,
    means: 'Nothing is held for the milestone.',
    todo: 'Load it again.',
  },
  frozen: {
    status: 409,
    means:
      'A dispute is open about the money, so it does not move: `dispute_id`, unless it is one with the payer’s bank.',
    todo: 'Wait for the end of the dispute. `detail` says what it is.',
  },
  refund_pending: {
    status: 409,
    means: 'A refund of the milestone is asked for or under way: `refund_id`.',
    todo: 'Answer or await that one first.',
  },
  answer_first: {
    status: 409,
    means: 'The dispute waits for your first answer; nothing else you say counts before.',
    todo: 'Show the form for the answer, and `respond_by`.',
  },
  additions_closed: {
    status: 409,
    means: 'Our staff are deciding the dispute, and nothing is added to it meanwhile.',
    todo: 'Show what `may` still has: accept, decline, withdraw.',
  },
  time_over: {
    status: 409,
    means: 'The time for the first answer is over, so the dispute is settled as was asked.',
    todo: 'Load it again in a few minutes.',
  },
  dispute_withdrawn: {
    status: 409,
    means: 'You have withdrawn a dispute over this milestone not long ago: `dispute_id`.',
    todo: 'Show `detail`, which says when another can be opened.',
  },
  not_a_small_claim: {
    status: 409,
    means: 'More is held than may be halved at once.',
    todo: 'Offer a split instead.',
  },
  offer_outdated: {
    status: 409,
    means: 'Less is held now than when the offer was made.',
    todo: 'Make a new one.',
  },
  not_completed: {
    status: 409,
    means: 'The transaction has not completed, so there is no receipt yet.',
    todo: 'Offer it once it has.',
  },
  no_receipt: {
    status: 409,
    means:
      'There is no receipt for this kind of transaction; a fee is on that of `transaction_id`.',
    todo: 'Do not offer it.',
  },
  provider_declined: {
    status: [402, 422],
    means: 'The payment provider refused: `provider_code`.',
    todo: 'Show `detail`; another way to pay may work.',
  },
  provider_unavailable: {
    status: 422,
    means: 'The payment provider is not offered here, or not for this.',
    todo: 'Offer what the quote lists.',
  },
  provider_no_answer: {
    status: [502, 503],
    means: 'The payment provider gave no answer.',
    todo: 'Try again in a moment.',
  },

  // Payout accounts.
  freelancers_only: {
    status: 403,
    means: 'Only freelancers are paid out.',
    todo: 'Do not offer it to clients.',
  },
  too_many_payout_accounts: {
    status: 409,
    means: 'You have `maximum` payout accounts.',
    todo: 'Remove one first.',
  },
  no_onboarding: {
    status: 409,
    means: 'The account needs no set-up at the provider.',
    todo: 'Use it as it is.',
  },
  payout_in_transit: {
    status: 409,
    means: 'A payout to this account is under way.',
    todo: 'Try again when it has arrived.',
  },

  // Files and streams.
  malformed_multipart: {
    status: 400,
    means: 'The body is no well-formed `multipart/form-data`.',
    todo: 'Send a `FormData` with the file, and let the browser set the type.',
  },
  upload_aborted: {
    status: 400,
    means: 'The upload broke off.',
    todo: 'Send it again.',
  },
  too_many_deliverables: {
    status: 409,
    means: 'The milestone takes no more files, or no more bytes.',
    todo: 'Delete one that was not handed in.',
  },
  too_much_evidence: {
    status: 409,
    means: 'Your side of the dispute takes no more files, or no more bytes.',
    todo: 'Describe what is missing in a message.',
  },
  already_submitted: {
    status: 409,
    means: 'The file was handed in and stays with the work.',
    todo: 'Do not offer it.',
  },
  scan_pending: {
    status: 409,
    means: 'The file `deliverable_id` is being scanned for viruses.',
    todo: 'Try again in a minute.',
  },
  quarantined: {
    status: 409,
    means: 'The virus scanner found something in the file `deliverable_id`.',
    todo: 'Delete it, and upload a clean one.',
  },
  link_not_valid: {
    status: 403,
    means: 'The link to the file has expired or was changed.',
    todo: 'Ask for a new one where you got it.',
  },
  channel_refused: {
    status: 403,
    means: 'There is no such channel, or it is not yours.',
    todo: 'Subscribe to `users/{your id}/notifications`.',
  },
  too_many_streams: {
    status: 429,
    means: 'Too many streams of yours are open.',
    todo: 'Close one, or share one between tabs.',
  },

  // Webhooks of the payment providers.
  bad_signature: {
    status: 400,
    means: 'The signature is missing, wrong or too old.',
    todo: 'Nothing: only the provider can sign.',
  },
  bad_payload: {
    status: 400,
    means: 'The body is no event.',
    todo: 'Nothing: the provider sends events.',
  },
  wrong_mode: {
    status: 400,
    means: 'A test event at a live endpoint, or the other way round.',
    todo: 'Check which webhook points here.',
  },
} as const satisfies Record<string, ProblemKind>

export type ProblemCode = keyof typeof PROBLEMS

/** Members of problems beside those of RFC 9457. All problems share them. */
export const PROBLEM_MEMBERS = {
  current_status: { type: 'string', description: 'The state that the record is in.' },
  milestone_id: { type: 'string', description: 'The milestone that is in the way.' },
  transaction_id: { type: 'string', description: 'The transaction that is in the way.' },
  refund_id: { type: 'string', description: 'The refund request that is in the way.' },
  dispute_id: { type: 'string', description: 'The dispute that is in the way.' },
  deliverable_id: { type: 'string', description: 'The file that is in the way.' },
  evidence_id: { type: 'string', description: 'The file that is in the way.' },
  closed_reason: { type: ['string', 'null'], description: 'Why the milestone is closed.' },
  pending: {
    type: 'array',
    items: { type: 'string' },
    description: 'Which kinds of payment are under way.',
  },
  maximum: { type: 'integer', description: 'How many there may be.' },
  max_bytes: { type: 'integer', description: 'How large the file may be, in bytes.' },
  retry_after: { type: 'integer', description: 'Seconds to wait, as in `Retry-After`.' },
  attempts_left: { type: 'integer', description: 'How many more codes the challenge takes.' },
  email: { type: 'string', description: 'The address that the provider has verified.' },
  first_name: { type: 'string', description: 'As the provider has it.' },
  last_name: { type: 'string', description: 'As the provider has it.' },
  terms_version: { type: 'string', description: 'The version in force.' },
  terms_url: { type: 'string', description: 'Where its text is.' },
  reasons: {
    type: 'array',
    description: 'What is open.',
    items: {
      type: 'object',
      properties: { code: { type: 'string' }, detail: { type: 'string' } },
      required: ['code', 'detail'],
      additionalProperties: false,
    },
  },
  provider_code: { type: 'string', description: 'The reason in the provider’s code.' },
} as const

import { catalogue } from '#notifications/catalogue'
import { PROBLEMS, type ProblemKind } from '#openapi/problems'

/**
 * What a person must know beside the operations to write a frontend. Headings become entries of the
 * page's menu, and are linked to as `#section/Heading`.
 */
export function introduction(): string {
  return TEXT.trim()
    .replace('{kinds}', () => kindTable())
    .replace('{problems}', () => problemTable())
    .concat('\n')
}

const TEXT = `
SafeSend holds a client's money for a freelancer's work and pays it out milestone by milestone.

# How a job goes

| Step | Client | Freelancer |
| --- | --- | --- |
| 1 | [registers](#operation/authRegister), verifies the address, [signs in](#operation/authLogin) | the same, and adds a [payout account](#operation/payoutAccountsStore) |
| 2 | [drafts a project](#operation/projectsStore), [adds milestones](#operation/projectsMilestonesStore), [invites](#operation/projectsInvitationsStore) | |
| 3 | | sees the [invitation](#operation/invitationsIndex) and [accepts](#operation/invitationsAccept) |
| 4 | [deposits](#operation/depositsStore) for a milestone and pays at the provider | |
| 5 | | works and [hands in](#operation/milestonesSubmit) |
| 6 | [approves](#operation/approvalsStore), [rejects](#operation/milestonesReject), or stays silent until \`auto_approve_at\` | |
| 7 | | is [paid out](#operation/payoutsIndex) |

Until it is released, money can go back: [refund](#operation/refundsStore).

# From nothing to paid

Every step with its body. \`Clara\` is the client, \`Frank\` the freelancer; who is named sends their access token. What is in
braces came in an answer or a mail before. As a command, a step is

\`\`\`sh
curl https://api.safesend.example/api/auth/register --json '{ "email": "clara@example.com", … }'
\`\`\`

**Accounts.** Frank does the same with \`"user_type": "freelancer"\`.

\`\`\`http
GET /api/terms

POST /api/auth/register
{ "email": "clara@example.com", "password": "correct horse battery staple", "user_type": "client",
  "first_name": "Clara", "last_name": "Example", "terms_version": "2026-11-01" }

POST /api/auth/verify-email
{ "token": "{token of the mailed link}" }

POST /api/auth/login
{ "email": "clara@example.com", "password": "correct horse battery staple" }
\`\`\`

**Where Frank is paid.** Send his browser to the \`url\` of the second answer. The account can be paid once its \`status\` is
\`enabled\`; money that is released before waits.

\`\`\`http
Frank: POST /api/payments/payout-accounts
{ "payment_provider": "stripe", "country": "US" }

Frank: POST /api/payments/payout-accounts/{account}/onboarding-link
{ "return_url": "https://app.safesend.example/payments/payout-accounts",
  "refresh_url": "https://app.safesend.example/payments/payout-accounts?again" }
\`\`\`

**The project.**

\`\`\`http
Clara: POST /api/projects
{ "title": "A website", "description": "Three pages.", "total_amount": "1000.00",
  "currency": "USD", "deadline": "2027-03-01T12:00:00Z" }

Clara: POST /api/projects/{project}/milestones
{ "title": "Design", "description": "Drafts of every page.", "amount": "400.00",
  "due_date": "2027-01-15T12:00:00Z" }

Clara: POST /api/projects/{project}/invitations
{ "email": "frank@example.com" }

Frank: GET /api/invitations?status=pending

Frank: POST /api/invitations/{token of the mailed link}/accept
{ "terms": "{project.terms of the invitation}", "terms_version": "2026-11-01" }
\`\`\`

**The money.** With an \`Idempotency-Key\` header. The client pays with \`client_action\`; see [Paying a deposit](#section/Paying-a-deposit).

\`\`\`http
Clara: GET /api/payments/quote?milestone_ids[]={milestone}

Clara: POST /api/payments/deposit
{ "milestone_ids": ["{milestone}"], "payment_provider": "stripe", "method": "checkout",
  "return_url": "https://app.safesend.example/payments/back" }

Clara: GET /api/payments/transactions/{deposit}
\`\`\`

**The work.** The upload is \`multipart/form-data\` with a field \`file\`.

\`\`\`http
Frank: POST /api/milestones/{milestone}/deliverables

Frank: POST /api/milestones/{milestone}/submit
{ "note": "All pages, as agreed.", "links": ["https://example.com/preview"], "deliverable_ids": ["{deliverable}"] }

Clara: GET /api/milestones/{milestone}

Clara: GET /api/deliverables/{deliverable}/download
\`\`\`

**The payment.** The first one with an \`Idempotency-Key\` header. It releases what is held, takes the fee and sends the payout.

\`\`\`http
Clara: POST /api/milestones/{milestone}/approve

Frank: GET /api/payments/payouts

Frank: GET /api/payments/transactions/{payout}/receipt
\`\`\`

# Signing in

1. [Register](#operation/authRegister) with a \`user_type\`, which never changes, after showing the [terms](#operation/termsShow).
   A password has 12 characters or more.
2. The mailed link leads to the frontend's \`/verify-email#token=…\`; send that token to
   [verify-email](#operation/authVerifyEmail). Without it a user can look around and draft, but moves no money.
3. [Sign in](#operation/authLogin). Send \`Authorization: Bearer {access_token}\` with every request.
4. The access token lives for \`expires_in\` seconds (15 minutes). [Refresh](#operation/authRefresh) shortly before, or
   once on a 401. A refresh token works once: let one tab refresh at a time (Web Locks), and store the new pair at
   once. When a refresh is refused, the session has ended: show the sign-in.
5. [Sign out](#operation/authLogout) ends the session, its tokens with it. [Sessions](#operation/authSessionsIndex) lists the
   devices; any of them can be [ended](#operation/authSessionsDestroy).

A forgotten password: [ask for a link](#operation/authResetPassword) to \`/reset-password#token=…\`. Neither this nor a
sign-in tells whether an address has an account.

**Authenticator apps.** [Enroll](#operation/authMfaEnroll), show the QR code, [confirm](#operation/authMfaConfirm) with the
first code, and show the recovery codes, once. From then on a sign-in answers \`"mfa_required": true\` with a \`challenge\` in
place of tokens: ask for the six digits, or a recovery code, and [send them with it](#operation/authMfaVerify) within
\`expires_in\` seconds. Five wrong codes end a challenge.

# Signing in with Google or GitHub

1. [Ask which](#operation/authOauthIndex) are offered, and show a button for each.
2. Make a secret of 43 to 128 random characters (\`A-Z a-z 0-9 - . _ ~\`), keep it in \`sessionStorage\`, and send the browser
   to \`/api/auth/oauth/google?code_challenge=…\`: the base64url of its SHA-256, without \`=\`. It works without, but then
   somebody could sign your user in as themselves by a link.
3. The browser comes to the frontend's \`/oauth/callback#provider=google&code=…\`. It is a fragment, so no server sees it.
   Take it out of the address bar (\`history.replaceState\`). In place of a code there may be an \`error\`: \`access_denied\`,
   \`invalid_state\` (begin again), \`email_not_verified\`, \`provider_failed\` or
   \`internal_error\` (try again later).
4. [Trade the code in](#operation/authOauthExchange), with the secret as \`code_verifier\`, within ten minutes. The answer is
   that of a sign-in: tokens, or a challenge. Two refusals leave the code good:
   - \`user_type_required\`: there is no account yet. The problem has \`email\` and names; ask for the \`user_type\`, show the
     terms, and send the code again with both.
   - \`link_required\`: an account has this address. Have its owner sign in to it, then [link](#operation/authIdentitiesStore)
     with the same code and secret. Nothing is linked before.

# Requests and answers

- Requests are JSON with \`Content-Type: application/json\`. What is no \`GET\` takes all of it
  in the body, and refuses a query with \`query_not_allowed\`. Fields that we do not know are ignored; so are, in a \`PUT\`,
  those that you leave out. Text is Unicode without NUL characters.
- Answers are \`{ "data": … }\`. Ids are UUIDs that sort by age. Times are ISO 8601 in UTC.
- Paths work with and without a slash at the end.
- A browser may call from the origins that this installation allows (CORS), without cookies.
- Every answer can be found in our logs by its \`X-Request-Id\`; send one of your own if you like. Those that caches
  may hand to others (avatars, this document) have none.

# Lists

\`?limit=\` takes 1 to 100, 20 unless said. \`meta.has_more\` says whether there is more; send \`meta.next_cursor\` as
\`?after=\` to get it. Cursors are opaque. What arrives while you page shifts nothing.

# Money

- An amount is a **decimal string** such as \`"1250.00"\`, with the decimals that its currency has. Never a JSON number,
  which is a float. Count with decimals or with minor units, not with floats.
- Its currency is in \`currency\` beside it. All amounts of a project share one.
- Amounts are above zero and at most 99999999.99. What can be paid in which currency, and how much at once, the
  [quote](#operation/quotesShow) says for each provider.
- The platform fee, in hundredths of a percent (\`platform_fee_bps\`), comes out of what is released; the client pays
  nothing on top. Fix what you show with a [quote](#operation/quotesShow).

# Paying a deposit

A [deposit](#operation/depositsStore) is \`pending\` until the provider has the client's money. Its \`client_action\` is what the
client does next; it is never stored, so ask the [transaction](#operation/transactionsShow) for it again instead of keeping it.

**\`redirect\`** (Stripe's Checkout, PayPal, Venmo): send the browser to \`url\`. It comes back to your \`return_url\` whether the
client has paid or not, and what the provider appends to that address means nothing here. Keep the transaction's \`id\` (in \`sessionStorage\`) before you send
the browser away, and look at the transaction when it is back; or let \`return_url\` be the page of the project, and
[list](#operation/transactionsIndex) its deposits by \`project_id\`. There is nothing to capture.

**\`confirm_payment\`** (Stripe, \`"method": "payment_element"\`): show Stripe's form on your own page.

\`\`\`js
const stripe = Stripe(client_action.publishable_key) // of https://js.stripe.com
const elements = stripe.elements({ clientSecret: client_action.client_secret })
elements.create('payment').mount('#payment')
// When the client presses "Pay":
const { error } = await stripe.confirmPayment({
  elements,
  confirmParams: { return_url: \`https://app.safesend.example/payments/transactions/\${deposit.id}\` },
  redirect: 'if_required',
})
if (error) show(error.message) // The deposit is still pending: the client may try again.
\`\`\`

**Afterwards** ask for the transaction: at once, then every two seconds, later every ten. It is nearly always a matter of
seconds; a \`deposit.completed\` [notification](#section/Notifications) comes at the same time. Only \`completed\` says that money
is held, never what the provider's page said.

| Status | Beside it | What it means |
| --- | --- | --- |
| \`pending\` | with \`client_action\` | not paid yet. Offer to pay, or to [cancel](#operation/transactionsCancel) |
| \`pending\` | without | the provider has not answered, or is at work. Ask again |
| \`completed\` | | the milestones are \`funded\` |
| \`failed\` | \`failure.code\` | \`expired\` (not paid by \`expires_at\`), \`cancelled\`, \`superseded\` (by a newer deposit for the same milestone), or the provider's reason. Make a new deposit |

# States

A project, by its \`status\`:

\`\`\`
       accepted          all closed
draft ----------> active ----------> completed
  |                |  |
  |                |  +---- dispute --> disputed, and back
  |                |
  +----------------+------------------> cancelled
\`\`\`

| Status | Client | Freelancer |
| --- | --- | --- |
| \`draft\` | [change](#operation/projectsUpdate), [delete](#operation/projectsDestroy), [milestones](#operation/projectsMilestonesStore), [invite](#operation/projectsInvitationsStore), [cancel](#operation/projectsCancel) | [accept](#operation/invitationsAccept) or [decline](#operation/invitationsDecline) the invitation |
| \`active\` | [propose](#operation/projectsProposalsStore), answer proposals, fund, review, [complete](#operation/projectsComplete), cancel while no money is held | propose, answer proposals, hand in, cancel while no money is held |
| \`disputed\` | as \`active\`, but what is in dispute is \`frozen\` | the same |
| \`completed\`, \`cancelled\` | read | read |

A milestone has a \`status\`, and beside it \`funded\` (money is or was held), \`frozen\` (a dispute is open) and \`closed_at\` with
\`closed_reason\` (its money is gone: nothing can happen any more).

\`\`\`
          handed in            approved, or silence
pending -----------> submitted --------------------> approved
                       |   ^
       with a reason   v   |   handed in again
                      rejected
\`\`\`

| Milestone | Client | Freelancer |
| --- | --- | --- |
| not funded | [deposit](#operation/depositsStore) | waits |
| funded, \`pending\` or \`rejected\` | [release early](#operation/releasesStore), [ask for a refund](#operation/refundsStore) | [upload](#operation/deliverablesStore), [hand in](#operation/milestonesSubmit) |
| funded, \`submitted\` | [approve](#operation/approvalsStore) or [reject](#operation/milestonesReject) by \`auto_approve_at\`, ask for a refund | waits |
| funded, whatever else | [dispute](#section/Disputes) | dispute |
| a refund is \`requested\` | waits | [accept](#operation/refundsAccept) or [decline](#operation/refundsDecline) by \`respond_by\` |
| closed | [receipt](#operation/receiptsShow) | [receipt](#operation/receiptsShow) |

A refund request is \`requested\`, then \`accepted\`, \`declined\`, or \`escalated\` when nobody answered in time. A payout is
\`waiting\` (\`wait_reason\` says for what), \`in_transit\`, then \`paid\`, \`failed\` or, later, \`returned\`; what came back is sent again by
another payout. Show buttons by state, and expect the other side to be quicker: on a 409 load the record again.

# Disputes

When the two sides disagree about held money, either [opens a dispute](#operation/disputesStore) and says what of it shall go to
them. The milestone is \`frozen\` until the dispute is over; its siblings go on.

\`\`\`
      first answer              asked for, or two weeks over         staff decide
open -------------> negotiating ----------------------------> escalated ----------> decided
\`\`\`

From each of the first three it becomes \`settled\` when an offer is accepted, or \`withdrawn\` by who opened it; from \`open\` it is
settled as was asked when there is no [answer](#operation/disputesAnswer) by \`respond_by\`. \`decided\` waits for a second
member of our staff, who may also send it back, and becomes \`settled\`. \`settlement\` says how it ended and who got what;
our fee comes out of the freelancer's part. A dispute is also \`withdrawn\`, by nobody, when nothing is held any more:
\`ended_because\` says where the money went.

Show the buttons that \`may\` of a [dispute](#operation/disputesShow) names: it is made for who asks.

| Dispute | Who opened it | The other side |
| --- | --- | --- |
| \`open\` | [write](#operation/disputesMessagesStore), [show files](#operation/evidenceStore), [offer](#operation/offersStore), [withdraw](#operation/disputesWithdraw) | [answer](#operation/disputesAnswer), show files, [accept](#operation/offersAccept) or [decline](#operation/offersDecline) an offer |
| \`negotiating\` | the same, accept or decline, [escalate](#operation/disputesEscalate) | the same, but withdraw |
| \`escalated\` | the same, but escalate | the same, but withdraw and escalate |
| \`decided\` | waits | waits |

While our staff read an escalated one nothing is added to it (\`additions_closed_at\`); both can still agree on what is there. Who is
not able to answer, because their account is suspended, does not lose by that: it becomes escalated instead.

One offer is open at a time: another one, of either side, takes its place. For a small claim both may choose an
[equal split](#operation/equalSplitsStore) instead. While the payment is disputed with the payer's bank, too, nothing is settled
(\`frozen\`), and deadlines that pass decide once the bank has.

# Idempotency

Requests that move money (their pages say so) need an \`Idempotency-Key\`: a UUID made when the user presses the button, and
sent with every retry of that press. The same key with the same request does it once, and gets the first answer again with
\`Idempotent-Replayed: true\`, for at least 24 hours.

- After a timeout, a lost connection or a 5xx: the same request with the same key, until there is an answer.
- \`idempotency_in_progress\`: the first one is still at work. Wait a second, same key.
- Another refusal is not kept: the same key may try again once its reason is gone.
- \`idempotency_key_reused\`: the body is another one than before. A changed wish is a new key.
- A key is of one operation: sent to another one it is a new wish there, and does not stop it.

# Files

Uploads are \`multipart/form-data\` with one file: a \`FormData\`, without a \`Content-Type\` of your own, so that the browser sets
the boundary. \`XMLHttpRequest\` shows progress. Work is at most 100 MB a file unless this installation says otherwise
(\`too_large\`); an avatar is a picture of at most 5 MB. What a file is, is found out from its content.

[Uploaded work](#operation/deliverablesStore) has a \`scan_status\`: \`pending\` for a moment where files are scanned, then
\`clean\`, which can be handed in and downloaded, or \`infected\`, which can only be deleted; \`unscanned\` where there is no scanner.
[Evidence](#operation/evidenceStore) of a dispute is kept: at most 25 MB a file, 30 files a side and four at a time, unless this
installation says otherwise; nobody deletes it. While a file is \`pending\`, ask the [list](#operation/deliverablesIndex) again after a few seconds; a
\`deliverable.quarantined\` notification tells of a bad one.

Downloads go by links: [ask for one](#operation/deliverablesDownload) when the user presses the button, and send the browser to
its \`url\`. It works for a few minutes, without a token, so it can be a plain link; do not keep it.

# Receipts and statements

A completed transaction has a [receipt](#operation/receiptsShow) as PDF, which is mailed, too. The
[statement](#operation/statementsShow) is a CSV of a period. Both are answered to an access token, so fetch them and hand the
result to the browser: \`URL.createObjectURL(await response.blob())\`. \`Content-Disposition\` has the name.

# Real time

\`GET /__transmit/events\` is a stream of server-sent events for who is signed in; \`@adonisjs/transmit-client\` reads it.
It carries the channel \`users/{your id}/notifications\`: each message is a [notification](#operation/notificationsIndex)
with its \`seq\`. A stream has no memory, so:

1. open the stream,
2. ask \`GET /api/notifications?after={last seq you have}\` until \`has_more\` is false, at the start and after every
   reconnection,
3. drop what you have already, by \`seq\`. Numbers have no gaps: a gap means step 2 again.

The stream ends with its session. Browsers' own \`EventSource\` sends no \`Authorization\` header: use one that does, by the
\`eventSourceFactory\` of the client. Let its \`fetch\` throw when the answer is no 200, so that it tries again instead of
giving up; and refresh the access token when it is a 401.

# Notifications

All kinds, who is told, and the page of the frontend that the mail about it leads to. \`data\` has the ids in that path, and
whatever else the words were made of. Show \`title\` and \`body\` of kinds that you do not know: new ones may come.
[Preferences](#operation/notificationPreferencesUpdate) are by category.

{kinds}

# Pages of the frontend

Mails lead to these paths of the frontend, beside those of notifications. Tokens are in the fragment: take them from
\`location.hash\`, send them on, and remove them from the address bar.

| Path | What it does |
| --- | --- |
| \`/verify-email#token=…\` | [verifies](#operation/authVerifyEmail) |
| \`/reset-password#token=…\` | asks for a new password and [sets it](#operation/authResetPassword) |
| \`/confirm-email-change#token=…\` | [confirms](#operation/authConfirmEmailChange) |
| \`/invitations/accept#token=…\` | has the user sign in or register, shows the [invitation](#operation/invitationsIndex), and [accepts](#operation/invitationsAccept) or declines with the token |
| \`/oauth/callback#provider=…&code=…\` | [signs in](#section/Signing-in-with-Google-or-GitHub) |
| \`/exports/{id}\` | gets a [link to the copy](#operation/exportsDownload) of one's data |
| \`/settings/notifications\` | shows the [preferences](#operation/notificationPreferencesShow) |
| \`/notifications/unsubscribe#token=…\` | asks, then [unsubscribes](#operation/unsubscriptionsStore) |
| \`/terms?version=…\` | shows the terms of use |

# Too many requests

Any operation may answer 429. Wait as many seconds as \`Retry-After\` says.

# Problems

A request that fails is answered with \`application/problem+json\` (RFC 9457):

\`\`\`json
{
  "type": "https://api.safesend.example/problems/validation_failed",
  "title": "Not acceptable as given",
  "status": 422,
  "detail": "Some fields are not acceptable; see errors.",
  "code": "validation_failed",
  "errors": [{ "field": "total_amount", "rule": "amount", "message": "Write total_amount as …" }],
  "request_id": "0198f3a2-7d0e-7c11-b6a4-8f3c5e2d9a10"
}
\`\`\`

Decide by \`code\`, show \`detail\` to people, and each of \`errors\` at its field. What others own is a 404, what your role
may not do a 403, what the state does not allow a 409 with \`current_status\`. These are all codes:

{problems}
`

function problemTable(): string {
  const rows = Object.entries(PROBLEMS as Record<string, ProblemKind>)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([code, { status, means, todo }]) =>
        `| <span id="problem/${code}">\`${code}\`</span> | ${[status].flat().join(', ')} | ${means} | ${todo} |`
    )
  return [
    '| Code | Status | What it means | What to do |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}

/** Shown in place of data: every member is its own name in braces, as in a path. */
const NAMES = new Proxy({} as any, { get: (_, name) => `{${String(name)}}` })

function kindTable(): string {
  const rows = Object.entries(catalogue).map(([kind, { to, category, page }]) => {
    const path = (page as (data: unknown) => string)(NAMES)
    return `| \`${kind}\` | ${to === 'both' ? 'both sides' : to} | ${category} | \`${path}\` |`
  })
  return ['| Kind | Told | Category | Page |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

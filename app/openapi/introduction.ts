import { PROBLEMS, type ProblemKind } from '#openapi/problems'

/**
 * What a person must know beside the operations to write a frontend. Headings become entries of the
 * page's menu, and are linked to as `#section/Heading`.
 */
export function introduction(): string {
  return `${TEXT.trim()}\n\n${problemTable()}\n`
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

# Signing in

1. [Register](#operation/authRegister) with a \`user_type\`, which never changes.
2. The mailed link leads to the frontend's \`/verify-email?token=…\`; send that token to
   [verify-email](#operation/authVerifyEmail). Without it a user can look around and draft, but moves no money.
3. [Sign in](#operation/authLogin). Send \`Authorization: Bearer {access_token}\` with every request.
4. The access token lives for \`expires_in\` seconds (15 minutes). [Refresh](#operation/authRefresh) shortly before, or
   once on a 401. A refresh token works once: let one tab refresh at a time, and store the new pair at once.
5. [Sign out](#operation/authLogout) ends the session, its tokens with it.

# Requests and answers

- Requests are JSON with \`Content-Type: application/json\`. Fields that we do not know are ignored; so are, in a \`PUT\`,
  those that you leave out. Text is Unicode without NUL characters.
- Answers are \`{ "data": … }\`. Ids are UUIDs that sort by age. Times are ISO 8601 in UTC.
- Paths work with and without a slash at the end.
- A browser may call from the origins that this installation allows (CORS), without cookies.
- Every answer can be found in our logs by its \`X-Request-Id\`; send one of your own if you like.

# Lists

\`?limit=\` takes 1 to 100, 20 unless said. \`meta.has_more\` says whether there is more; send \`meta.next_cursor\` as
\`?after=\` to get it. Cursors are opaque. What arrives while you page shifts nothing.

# Money

- An amount is a **decimal string** such as \`"1250.00"\`, with the decimals that its currency has. Never a JSON number,
  which is a float. Count with decimals or with minor units, not with floats.
- Its currency is in \`currency\` beside it. All amounts of a project share one.
- Amounts are above zero and at most 99999999.99.
- The platform fee, in hundredths of a percent (\`platform_fee_bps\`), comes out of what is released; the client pays
  nothing on top. Fix what you show with a [quote](#operation/quotesShow).

# Idempotency

Every request that moves money needs an \`Idempotency-Key\`: a UUID made when the user presses the button, and sent with
every retry of that press. The same key with the same request does it once, and gets the first answer again with
\`Idempotent-Replayed: true\`, for at least 24 hours. A refusal is not kept: the same key may try again once its reason is
gone. After a timeout or a 5xx, send the same request with the same key.

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

import { ACTIONS } from '#staff/roles'
import { STAFF_ROLES } from '#models/staff'
import {
  actionsOf,
  consoleRoutes,
  isStaffOnly,
  nameOf,
  PUBLIC,
} from '#tests/support/console_routes'
import {
  API,
  CALLERS,
  cellOf,
  ELSEWHERE,
  RULES,
  STREAMS,
  type Caller,
  type Rule,
} from './access.js'

/** Those whom every route answers alike that wants somebody to be signed in: they share a column. */
const NOT_SIGNED_IN: Caller[] = ['nobody', 'bad token', 'erased', 'staff']
const COLUMNS = (Object.keys(CALLERS) as Caller[]).filter((who) => !NOT_SIGNED_IN.includes(who))

/** Parts of the API by the beginning of their routes, in the order in which they are read. */
const PARTS: [title: string, routes: RegExp][] = [
  ['Signing in', /^\S+ (auth|terms)/],
  ['Users and their notifications', /^\S+ (users|notifications)/],
  ['Projects and invitations', /^\S+ (projects|proposals|invitations)/],
  ['Milestones and their files', /^\S+ (milestones\/(?!:id\/disputes)|deliverables)/],
  ['Payments', /^\S+ payments/],
  ['Disputes', /^\S+ (disputes|evidence|offers|milestones\/:id\/disputes)/],
]

const table = (head: string[], rows: string[][]) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

const list = (entries: [string, string][]) =>
  entries.map(([name, about]) => `- **${name}**: ${about}`).join('\n')

/** Both answers, where it depends on how the record is named. */
function shown(name: string, who: Caller): string {
  const cells = [cellOf(API[name], who, true), cellOf(API[name], who, false)]
  return [...new Set(cells)].join(' or ')
}

function partOfApi([title, routes]: (typeof PARTS)[number]): string {
  const names = Object.keys(API).filter((name) => routes.test(name))
  const rows = names.map((name) => [
    `\`${name}\``,
    API[name].rule,
    ...COLUMNS.map((who) => shown(name, who)),
    shown(name, 'nobody'),
  ])
  return `### ${title}\n\n${table(['route', 'for', ...COLUMNS, 'not signed in'], rows)}`
}

function ofTheConsole(): string {
  const rows = consoleRoutes()
    .filter(isStaffOnly)
    .map((route) => {
      const [action] = actionsOf(route)
      const { roles, stepUp } = ACTIONS[action]
      return [
        `\`${nameOf(route)}\``,
        action,
        ...STAFF_ROLES.map((role) => ((roles as readonly string[]).includes(role) ? 'yes' : '403')),
        stepUp ? 'of just now' : '',
      ]
    })
  return table(['route', 'action', ...STAFF_ROLES, 'second factor'], rows)
}

/** docs/authorization.md. */
export function authorizationDocument(): string {
  const left = Object.keys(API).filter((name) => !PARTS.some(([, routes]) => routes.test(name)))
  if (left.length > 0) throw new Error(`In no part of the document: ${left.join(', ')}`)
  const elsewhere = Object.entries(ELSEWHERE).map(([name, { lets, accepted, refused }]) => [
    `\`${name}\``,
    lets,
    String(accepted),
    String(refused ?? ''),
  ])
  return `# Who may call what

Every route of the application, and how it answers whom. Written from the tables that the tests call cell by
cell, over HTTP and with real records: tests/functional/security/access.ts for the API, \`ACTIONS\` in
app/staff/roles.ts for the console. A route that says nothing about who may call it fails the suite.
After a change, write this page anew:
\`WRITE_DOCS=1 npm test -- functional --files=tests/functional/security/authorization.spec.ts\`.

What is seen to for each cell: an entitled request is accepted; everybody else gets exactly the status below;
after a refusal no table has changed and no provider was asked to do anything; and what a stranger is let in to
(their own lists) shows nothing of the records of others. Ids of other projects in bodies and queries, of
strangers and of the same people, are ids of nothing.

## Who asks

${list(Object.entries(CALLERS))}

The last three, and whoever sends no token, are one column below: "not signed in". A record that somebody has
nothing to do with is not there for them (404); what its other party may not do is refused (403).

## The API

${list(Object.entries(RULES as Record<string, Rule>).map(([name, { about }]) => [name, about]))}

"yes" means let in: the request may still be refused for its contents (422) or for the state of what it is
about (409).

${PARTS.map(partOfApi).join('\n\n')}

## Beside the API

These look at no user: what lets in is what the request holds, and whoever else sends it, with whatever token or
cookie, is answered the same.

${table(['route', 'lets in', 'accepted', 'refused'], elsewhere)}

The public site (routes that are called \`site.…\`) is the same for everybody.

The stream of notifications (${STREAMS.map((name) => `\`${name}\``).join(', ')}) is for who is signed in by a
token (401), and for their own channel alone (403).

## The console

Signed in by password and second factor, with a session of the console; a token of the API is nothing here.
Who is not signed in, no longer, or without the second factor is led to the sign-in (303). Forms without
their CSRF token are refused (403). Where the second factor must be of just now, it is asked for anew before
anything is done. What one person proposed and another approves (\`approvals\`, \`decision/approve\`) asks besides
for a role of the kind of what is proposed, and never takes the proposer.

Open to everybody: ${PUBLIC.map((name) => `\`${name}\``).join(', ')}.

${ofTheConsole()}
`
}

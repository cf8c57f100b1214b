import { data, file, multipart, noContent, page, type Operations } from '#openapi/operation'
import { pageValidator } from '#transformers/page'

/** Problems of every upload. */
export const OF_UPLOADS = [
  'malformed_multipart',
  'upload_aborted',
  'unsupported_media_type',
  'too_large',
  'validation_failed',
] as const

export const fileOperations: Operations = {
  'POST /api/users/upload-avatar': {
    summary: 'Upload your picture',
    description:
      'A JPEG, PNG, WebP, GIF or AVIF of at most 5 MB and 25 megapixels, sent within a minute, one at a time. It is drawn anew, no side longer than 512 pixels, without whatever else the file held; of several frames the first.',
    tag: 'Profile',
    who: 'signed in',
    body: multipart({ avatar: 'The picture.' }),
    answers: { 200: data('Profile', 'The profile; `avatar` is where the picture is.') },
    problems: [...OF_UPLOADS, 'busy'],
  },
  'DELETE /api/users/avatar': {
    summary: 'Remove your picture',
    tag: 'Profile',
    who: 'signed in',
    answers: { 200: data('Profile', 'The profile without it.') },
  },
  'GET /avatars/:name': {
    summary: 'Show a picture',
    description: 'As `avatar` of a profile says. It never changes, so keep it.',
    tag: 'Files',
    who: 'anyone',
    params: { name: { type: 'string', description: 'As in `avatar`.' } },
    answers: {
      200: {
        description: 'The picture.',
        content: { 'image/webp': { type: 'string', format: 'binary' } },
      },
      304: { description: 'It is as you have it.' },
    },
    problems: ['not_found', 'too_many_requests'],
  },

  'POST /api/milestones/:id/deliverables': {
    summary: 'Upload a file of work',
    description:
      'Of a funded milestone. [Hand it in](#operation/milestonesSubmit) with its `id` in `deliverable_ids`. What it is, is found out from its content. Where files are scanned, `scan_status` is `pending` for a moment. Send at most four at a time.',
    tag: 'Milestones',
    who: 'freelancer',
    body: multipart({ file: 'The file, at most 100 MB unless this installation says otherwise.' }),
    answers: { 201: data('Deliverable', 'The file.') },
    problems: [
      ...OF_UPLOADS,
      'not_funded',
      'milestone_closed',
      'wrong_state',
      'too_many_deliverables',
      'busy',
    ],
  },
  'GET /api/milestones/:id/deliverables': {
    summary: 'List the files of a milestone',
    description: 'Newest first, handed in or not.',
    tag: 'Milestones',
    who: 'signed in',
    query: pageValidator,
    answers: { 200: page('Deliverable', 'A page of files.') },
  },
  'GET /api/deliverables/:id/download': {
    summary: 'Get a link to a file of work',
    description: 'Send the browser to `url` before `expires_at`; it needs no token.',
    tag: 'Milestones',
    who: 'signed in',
    answers: { 200: data('DownloadLink', 'The link.') },
    problems: ['scan_pending', 'quarantined'],
  },
  'DELETE /api/deliverables/:id': {
    summary: 'Delete a file of work',
    description: 'That was not handed in yet.',
    tag: 'Milestones',
    who: 'freelancer',
    answers: { 204: noContent('It is gone.') },
    problems: ['already_submitted'],
  },

  'GET /files/*': {
    summary: 'Download a file by a signed link',
    description:
      'Links are handed out by other operations, work for a short time and need no token. Do not build them.',
    tag: 'Files',
    who: 'anyone',
    params: { path: { type: 'string', description: 'As in the link.' } },
    answers: {
      200: file('*/*', 'The file, to be saved.'),
      304: { description: 'It is as you have it.' },
    },
    problems: ['link_not_valid', 'not_found', 'too_many_requests'],
  },
}

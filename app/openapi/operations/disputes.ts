import { data, multipart, page, type Operations } from '#openapi/operation'
import { OF_UPLOADS } from '#openapi/operations/files'
import { pageValidator } from '#transformers/page'
import {
  disputeMessageValidator,
  listDisputesValidator,
  offerValidator,
  openDisputeValidator,
} from '#validators/dispute'

export const disputeOperations: Operations = {
  'POST /api/milestones/:id/disputes': {
    summary: 'Open a dispute',
    description:
      'Either party, while money is held. `asked_amount` is what of it shall go to **you**: a client asks it back, a freelancer asks for its release; the rest is for the other side. Without it, it is everything that is held. `currency`, where it is sent, is the milestone’s. The milestone is frozen from then on, and a refund request that waits becomes part of the dispute. Without a first answer by `respond_by` it is settled as you ask.',
    tag: 'Disputes',
    who: 'signed in',
    verified: true,
    body: openDisputeValidator,
    answers: { 201: data('DisputeDetails', 'The dispute.') },
    problems: ['nothing_held', 'frozen', 'dispute_withdrawn'],
  },
  'GET /api/disputes': {
    summary: 'List your disputes',
    description: 'Newest first, those that you opened and those of the other side.',
    tag: 'Disputes',
    who: 'signed in',
    query: listDisputesValidator,
    answers: { 200: page('Dispute', 'A page of disputes.') },
    problems: ['not_found'],
  },
  'GET /api/disputes/:id': {
    summary: 'Show a dispute',
    description:
      'With all evidence and the newest hundred messages and offers, oldest first; their lists have the rest. `may` says what you can do now, and `held` what there is to divide.',
    tag: 'Disputes',
    who: 'signed in',
    answers: { 200: data('DisputeDetails', 'The dispute.') },
  },
  'POST /api/disputes/:id/answer': {
    summary: 'Answer a dispute',
    description:
      'The first word of who was asked, by `respond_by`: after it both negotiate until `negotiate_until`, and silence does not decide any more.',
    tag: 'Disputes',
    who: 'signed in',
    body: disputeMessageValidator,
    answers: { 200: data('DisputeDetails', 'The dispute, negotiating.') },
    problems: ['forbidden', 'wrong_state', 'time_over'],
  },
  'GET /api/disputes/:id/messages': {
    summary: 'List the messages of a dispute',
    description: 'Newest first, the answer and words of our staff included.',
    tag: 'Disputes',
    who: 'signed in',
    query: pageValidator,
    answers: { 200: page('DisputeMessage', 'A page of messages.') },
  },
  'POST /api/disputes/:id/messages': {
    summary: 'Write in a dispute',
    description: 'The other side reads it, and so do our staff if they decide.',
    tag: 'Disputes',
    who: 'signed in',
    body: disputeMessageValidator,
    answers: { 201: data('DisputeMessage', 'The message.') },
    problems: ['wrong_state', 'answer_first', 'time_over', 'additions_closed'],
  },
  'POST /api/disputes/:id/evidence': {
    summary: 'Show a file as evidence',
    description:
      'Both sides and our staff can open it. It stays with the dispute. Where files are scanned, `scan_status` is `pending` for a moment. Send at most four at a time.',
    tag: 'Disputes',
    who: 'signed in',
    body: multipart({ file: 'The file, at most 25 MB unless this installation says otherwise.' }),
    answers: { 201: data('Evidence', 'The file.') },
    problems: [...OF_UPLOADS, 'wrong_state', 'additions_closed', 'too_much_evidence', 'busy'],
  },
  'GET /api/evidence/:id/download': {
    summary: 'Get a link to a file of evidence',
    description: 'Send the browser to `url` before `expires_at`; it needs no token.',
    tag: 'Disputes',
    who: 'signed in',
    answers: { 200: data('DownloadLink', 'The link.') },
    problems: ['scan_pending', 'quarantined'],
  },
  'GET /api/disputes/:id/offers': {
    summary: 'List the offers of a dispute',
    description: 'Newest first, those of both sides.',
    tag: 'Disputes',
    who: 'signed in',
    query: pageValidator,
    answers: { 200: page('Offer', 'A page of offers.') },
  },
  'POST /api/disputes/:id/offers': {
    summary: 'Offer a settlement',
    description:
      'So much of what is held to the freelancer, our fee included; the rest goes back to the client. `to_client` and `currency` may be left out; where they are sent they have to agree with that. It takes the place of the offer that is open, whoever made it.',
    tag: 'Disputes',
    who: 'signed in',
    verified: true,
    body: offerValidator,
    answers: { 201: data('Offer', 'The offer.') },
    problems: ['wrong_state', 'answer_first', 'time_over', 'additions_closed', 'nothing_held'],
  },
  'POST /api/offers/:id/accept': {
    summary: 'Accept an offer',
    description:
      'Of the other side. The dispute is settled at once: release, payout and refund start. It cannot be undone.',
    tag: 'Disputes',
    who: 'signed in',
    verified: true,
    idempotent: true,
    answers: { 200: data('Dispute', 'The dispute, settled.') },
    problems: ['forbidden', 'wrong_state', 'offer_outdated', 'frozen', 'nothing_held'],
  },
  'POST /api/offers/:id/decline': {
    summary: 'Decline an offer',
    description: 'Of the other side. Both may make another.',
    tag: 'Disputes',
    who: 'signed in',
    verified: true,
    answers: { 200: data('DisputeDetails', 'The dispute.') },
    problems: ['forbidden', 'wrong_state'],
  },
  'POST /api/disputes/:id/equal-split': {
    summary: 'Choose an equal split',
    description:
      'For small claims: once both sides have chosen so, what is held is halved and the dispute settled at once. An odd cent goes to the freelancer. The choice is of what is `held` now: when that changes it lapses, and both sides are told. It is no answer: before theirs, the respondent can only choose what the other side has chosen.',
    tag: 'Disputes',
    who: 'signed in',
    verified: true,
    idempotent: true,
    answers: { 200: data('Dispute', 'The dispute; settled, if both sides have chosen.') },
    problems: [
      'wrong_state',
      'answer_first',
      'time_over',
      'additions_closed',
      'not_a_small_claim',
      'frozen',
      'nothing_held',
    ],
  },
  'DELETE /api/disputes/:id/equal-split': {
    summary: 'Take your choice of an equal split back',
    description: 'As long as the other side has not chosen the same. They are told.',
    tag: 'Disputes',
    who: 'signed in',
    answers: { 200: data('DisputeDetails', 'The dispute.') },
    problems: ['wrong_state'],
  },
  'POST /api/disputes/:id/escalate': {
    summary: 'Ask our staff to decide',
    description:
      'After the first answer. Until they have decided both sides may still agree, or who opened it withdraw it.',
    tag: 'Disputes',
    who: 'signed in',
    answers: { 200: data('DisputeDetails', 'The dispute, escalated.') },
    problems: ['wrong_state'],
  },
  'POST /api/disputes/:id/withdraw': {
    summary: 'Withdraw a dispute',
    description:
      'That you opened and that is not decided. The milestone goes on as before, and a refund request that the dispute had taken in waits for an answer again; you can open another only after some days.',
    tag: 'Disputes',
    who: 'signed in',
    answers: { 200: data('DisputeDetails', 'The dispute, withdrawn.') },
    problems: ['forbidden', 'wrong_state'],
  },
}

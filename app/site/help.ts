import type { Facts } from '#site/facts'
import type { Owner } from '#site/owner'

export interface HelpQuestion {
  /** Of its place on the page. */
  id: string
  question: string
  /** Paragraphs of plain text. */
  answer: string[]
}

export interface HelpTopic {
  id: string
  title: string
  questions: HelpQuestion[]
}

export const days = (number: number) => `${number} day${number === 1 ? '' : 's'}`
const hours = (number: number) => `${number} hour${number === 1 ? '' : 's'}`

/** What people ask, and what is true here and now: periods and fees are those in force. */
export function answersFor(
  { settings: s, feeInWords, waysToPay }: Facts,
  owner: Owner
): HelpTopic[] {
  const ways = either(waysToPay.map(({ name }) => name))
  const holding = waysToPay.map(({ name, holdDays }) => `${name} ${days(holdDays)}`)
  return [
    {
      id: 'deposits',
      title: 'Deposits',
      questions: [
        {
          id: 'how-to-pay-in',
          question: 'How does a client pay in?',
          answer: [
            `You choose one or several milestones of your project and pay exactly their sum, by ${ways}. Card details are typed into the payment provider’s own form; SafeSend never sees or stores them.`,
            'A milestone counts as funded when the provider confirms that the money is there, not before. The freelancer is told at that moment.',
          ],
        },
        {
          id: 'where-the-money-is',
          question: 'Where is the money while it is held?',
          answer: [
            'In SafeSend’s balance at the payment provider it was paid through. Our books keep it in an account of its own for each milestone: it can pay for nothing else, and our books are compared with the provider’s records every day.',
            `Money cannot be held for ever. It has to be released or refunded within the time that the provider allows: ${listed(holding)}. Work that is due later than that cannot be funded yet.`,
          ],
        },
        {
          id: 'payment-pending',
          question: 'I have paid, but it says “pending”. Did something go wrong?',
          answer: [
            'Some payments need the provider’s review, and now and then an answer is late. Until we know what became of a payment we keep asking, and we never send it twice. You can cancel one that you have not completed and start again.',
          ],
        },
      ],
    },
    {
      id: 'inspection',
      title: 'The inspection period',
      questions: [
        {
          id: 'inspection-period',
          question: 'How long does the client have to look at the work?',
          answer: [
            `${days(s.inspection_days)} from when the work is submitted, unless the project says otherwise: the period is fixed when the freelancer accepts the project. Within it the client approves the work or sends it back with reasons.`,
            `If the client says nothing at all, the work counts as approved at the end of the period and the money is released. We remind the client ${listed(s.review_reminder_days.map(days))} before.`,
          ],
        },
        {
          id: 'rejected-work',
          question: 'What happens when work is rejected?',
          answer: [
            'The client says why, the freelancer hands in again, and the inspection period begins anew. A refund request, a dispute or a chargeback stops the clock.',
          ],
        },
      ],
    },
    {
      id: 'refunds',
      title: 'Refunds',
      questions: [
        {
          id: 'refund-without-consent',
          question: 'When does a client get a refund without asking anybody?',
          answer: [
            `Within ${hours(s.refund_free_hours)} of funding, or from ${days(s.refund_overdue_days)} after the due date, as long as nothing was submitted. The whole amount goes back the way it came; we keep no fee of it.`,
          ],
        },
        {
          id: 'refund-request',
          question: 'And otherwise?',
          answer: [
            `You ask for it, and the freelancer accepts or declines. Meanwhile nothing is released. If the freelancer does not answer within ${days(s.refund_response_days)}, the request goes to our staff as a dispute; silence alone does not decide it.`,
          ],
        },
        {
          id: 'refund-duration',
          question: 'How long does a refund take?',
          answer: [
            'We send it at once. When it shows on your card or account is up to the provider and your bank, usually some days. A refund that the provider could not carry out is shown to us and paid another way; it is not lost.',
          ],
        },
      ],
    },
    {
      id: 'disputes',
      title: 'Disputes',
      questions: [
        {
          id: 'open-a-dispute',
          question: 'What if we cannot agree?',
          answer: [
            'As long as money is held for a milestone, either side may open a dispute and say how much of it should go to them. That milestone is frozen; the others go on.',
            `The other side has ${days(s.dispute_response_days)} for a first answer. Without any answer, what was asked for is what happens. After an answer, both can write, show files and offer a split; accepting an offer settles it at once.`,
          ],
        },
        {
          id: 'who-decides',
          question: 'Who decides, and when?',
          answer: [
            `If you have not agreed ${days(s.dispute_negotiation_days)} after the dispute was opened, or as soon as one of you asks for it after the first answer, our staff decide: they read what both sides have written and shown, divide the money and give their reasons. Above ${s.four_eyes_threshold} in the currency of the case a second person has to approve.`,
          ],
        },
        {
          id: 'dispute-withdrawn',
          question: 'Can I take a dispute back?',
          answer: [
            `Yes, until staff have decided. The inspection clock goes on with the time that was left, a day at least. You can open another over the same milestone ${days(s.dispute_again_days)} later.`,
          ],
        },
      ],
    },
    {
      id: 'chargebacks',
      title: 'Chargebacks',
      questions: [
        {
          id: 'chargeback',
          question: 'What happens when a payer goes to their bank?',
          answer: [
            'The bank takes the money back for the time being, and decides. Every milestone of that payment is frozen from the first sign of it. We send the bank what both sides have agreed, handed in and written.',
            'If the claim fails, everything goes on where it stopped. If it succeeds, the money comes first from what is still held; what had been released already becomes a debt of the freelancer, and we give back our share of the fee.',
          ],
        },
        {
          id: 'chargeback-or-dispute',
          question: 'Should I ask my bank, or open a dispute?',
          answer: [
            'Open a dispute first. It is decided in days rather than months, by people who can see the whole project. A chargeback freezes everything that was paid with it, also work that nobody complains about.',
          ],
        },
      ],
    },
    {
      id: 'payouts',
      title: 'Payouts and fees',
      questions: [
        {
          id: 'when-paid',
          question: 'When is the freelancer paid?',
          answer: [
            s.payout_hold_days === 0
              ? 'The payout is sent right after the release. How long it travels is up to the provider: it can take some days until it is in a bank account.'
              : `The payout is sent ${days(s.payout_hold_days)} after the release. How long it travels is up to the provider.`,
            'It counts as paid when the provider says so. A payout that comes back is owed again, and goes out once the freelancer has named another account.',
          ],
        },
        {
          id: 'what-it-costs',
          question: 'What does it cost?',
          answer: [
            `${feeInWords} of what is released, taken out of it. The client pays nothing on top, and what the payment provider charges for the payment is ours to pay. A project keeps the fee that it was accepted with.`,
          ],
        },
        {
          id: 'payout-account',
          question: 'Where can I be paid to?',
          answer: [
            `By ${ways}. With Stripe you are verified on Stripe’s own pages; with PayPal and Venmo it is the address or phone number of your account. How the client paid does not decide how you are paid.`,
          ],
        },
      ],
    },
    {
      id: 'safety',
      title: 'What we never ask',
      questions: [
        {
          id: 'never-ask',
          question: 'How do I know that a message is really from SafeSend?',
          answer: [
            'We never ask for your password, for a code from your authenticator app or a recovery code, for card numbers, or for money to “unlock” a payment. Nobody at SafeSend needs any of these.',
            'We never ask you to pay or be paid outside of a project. Money that did not go through a milestone is not held, and we cannot do anything about it.',
            `Links in our mails lead to ${new URL(owner.app ?? owner.url).host}. If you are not sure, do not follow the link: sign in as you always do, or write to ${owner.support}.`,
          ],
        },
        {
          id: 'account-taken-over',
          question: 'I think that somebody is in my account.',
          answer: [
            `Change your password: every other session ends at that moment. Then turn on codes from an authenticator app, look through your payout accounts, and write to ${owner.support}.`,
          ],
        },
        {
          id: 'delete-account',
          question: 'Can I get a copy of my data, or delete my account?',
          answer: [
            `Both, by yourself, in your account. A copy is ready within minutes and waits ${days(s.export_retention_days)} for you. An account can be deleted as soon as nothing is open: no money held, no payout on its way, no dispute. What the law has us keep for our books stays, without your name.`,
          ],
        },
      ],
    },
  ]
}

/** `a`, `a and b`, `a, b and c`. */
export const listed = (items: string[]) => joined(items, 'and')

/** `a`, `a or b`, `a, b or c`. */
export const either = (items: string[]) => joined(items, 'or')

function joined(items: string[], word: string): string {
  if (items.length < 2) return items.join('')
  return `${items.slice(0, -1).join(', ')} ${word} ${items.at(-1)}`
}

import '@adonisjs/core/types/http'

type ParamValue = string | number | bigint | boolean

export type ScannedRoutes = {
  ALL: {
    'health.live': { paramsTuple?: []; params?: {} }
    'health.ready': { paramsTuple?: []; params?: {} }
    'api.terms.show': { paramsTuple?: []; params?: {} }
    'api.auth.register': { paramsTuple?: []; params?: {} }
    'api.auth.login': { paramsTuple?: []; params?: {} }
    'api.auth.refresh': { paramsTuple?: []; params?: {} }
    'api.auth.verify_email': { paramsTuple?: []; params?: {} }
    'api.auth.reset_password': { paramsTuple?: []; params?: {} }
    'api.auth.mfa.verify': { paramsTuple?: []; params?: {} }
    'api.auth.confirm_email_change': { paramsTuple?: []; params?: {} }
    'api.auth.oauth.index': { paramsTuple?: []; params?: {} }
    'api.auth.oauth.redirect': { paramsTuple: [ParamValue]; params: {'provider': ParamValue} }
    'api.auth.oauth.callback': { paramsTuple: [ParamValue]; params: {'provider': ParamValue} }
    'api.auth.oauth.exchange': { paramsTuple?: []; params?: {} }
    'api.auth.identities.store': { paramsTuple?: []; params?: {} }
    'api.auth.identities.index': { paramsTuple?: []; params?: {} }
    'api.auth.identities.destroy': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.auth.logout': { paramsTuple?: []; params?: {} }
    'api.auth.resend': { paramsTuple?: []; params?: {} }
    'api.auth.change_password': { paramsTuple?: []; params?: {} }
    'api.auth.change_email': { paramsTuple?: []; params?: {} }
    'api.auth.sessions.index': { paramsTuple?: []; params?: {} }
    'api.auth.sessions.destroy_others': { paramsTuple?: []; params?: {} }
    'api.auth.sessions.destroy': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.auth.mfa.show': { paramsTuple?: []; params?: {} }
    'api.auth.mfa.enroll': { paramsTuple?: []; params?: {} }
    'api.auth.mfa.confirm': { paramsTuple?: []; params?: {} }
    'api.auth.mfa.recovery_codes': { paramsTuple?: []; params?: {} }
    'api.auth.mfa.disable': { paramsTuple?: []; params?: {} }
    'api.profile.show': { paramsTuple?: []; params?: {} }
    'api.profile.update': { paramsTuple?: []; params?: {} }
    'api.projects.index': { paramsTuple?: []; params?: {} }
    'api.projects.store': { paramsTuple?: []; params?: {} }
    'api.projects.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.projects.update': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.projects.destroy': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.projects.cancel': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.projects.complete': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.projects.activity': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.projects.milestones.index': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.projects.milestones.store': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.milestones.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.milestones.submissions': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.milestones.update': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.milestones.destroy': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.milestones.submit': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.milestones.reject': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.projects.invitations.store': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.invitations.index': { paramsTuple?: []; params?: {} }
    'api.invitations.accept': { paramsTuple: [ParamValue]; params: {'token': ParamValue} }
    'api.invitations.decline': { paramsTuple: [ParamValue]; params: {'token': ParamValue} }
    'api.projects.messages.index': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.projects.messages.store': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.projects.proposals.index': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.projects.proposals.store': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.proposals.accept': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.proposals.decline': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.users.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.approvals.store': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.quotes.show': { paramsTuple?: []; params?: {} }
    'api.deposits.store': { paramsTuple?: []; params?: {} }
    'api.releases.store': { paramsTuple?: []; params?: {} }
    'api.refunds.store': { paramsTuple?: []; params?: {} }
    'api.refunds.index': { paramsTuple?: []; params?: {} }
    'api.refunds.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.refunds.accept': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.refunds.decline': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.payouts.index': { paramsTuple?: []; params?: {} }
    'api.transactions.index': { paramsTuple?: []; params?: {} }
    'api.transactions.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.transactions.cancel': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.escrow_accounts.show': { paramsTuple: [ParamValue]; params: {'project_id': ParamValue} }
    'api.evidence.store': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.disputes.store': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.disputes.index': { paramsTuple?: []; params?: {} }
    'api.disputes.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.disputes.answer': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.disputes.escalate': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.disputes.withdraw': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.disputes.messages.index': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.disputes.messages.store': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.evidence.download': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.offers.index': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.offers.store': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.offers.accept': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.offers.decline': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.equal_splits.store': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.equal_splits.destroy': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.payout_accounts.index': { paramsTuple?: []; params?: {} }
    'api.payout_accounts.store': { paramsTuple?: []; params?: {} }
    'api.payout_accounts.update': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.payout_accounts.destroy': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.payout_accounts.onboarding_link': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.dashboard.show': { paramsTuple?: []; params?: {} }
    'api.receipts.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.statements.show': { paramsTuple?: []; params?: {} }
    'webhooks.stripe': { paramsTuple?: []; params?: {} }
    'webhooks.stripe.connect': { paramsTuple?: []; params?: {} }
    'webhooks.paypal': { paramsTuple?: []; params?: {} }
    'webhooks.venmo': { paramsTuple?: []; params?: {} }
    'api.notifications.index': { paramsTuple?: []; params?: {} }
    'api.notifications.read': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.notifications.read_all': { paramsTuple?: []; params?: {} }
    'api.notification_preferences.show': { paramsTuple?: []; params?: {} }
    'api.notification_preferences.update': { paramsTuple?: []; params?: {} }
    'unsubscriptions.show': { paramsTuple?: []; params?: {} }
    'unsubscriptions.store': { paramsTuple?: []; params?: {} }
    'api.avatars.store': { paramsTuple?: []; params?: {} }
    'api.deliverables.store': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.avatars.destroy': { paramsTuple?: []; params?: {} }
    'api.deliverables.index': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.deliverables.download': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.deliverables.destroy': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'files.show': { paramsTuple: [...ParamValue[]]; params: {'*': ParamValue[]} }
    'pictures.show': { paramsTuple: [ParamValue]; params: {'name': ParamValue} }
    'streams.show': { paramsTuple?: []; params?: {} }
    'streams.subscribe': { paramsTuple?: []; params?: {} }
    'streams.unsubscribe': { paramsTuple?: []; params?: {} }
    'api.exports.store': { paramsTuple?: []; params?: {} }
    'api.exports.index': { paramsTuple?: []; params?: {} }
    'api.exports.download': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.profile.destroy': { paramsTuple?: []; params?: {} }
    'documents.openapi': { paramsTuple?: []; params?: {} }
    'documents.page': { paramsTuple?: []; params?: {} }
    'documents.style': { paramsTuple?: []; params?: {} }
    'documents.problem': { paramsTuple: [ParamValue]; params: {'code': ParamValue} }
    'site.home': { paramsTuple?: []; params?: {} }
    'site.how_it_works': { paramsTuple?: []; params?: {} }
    'site.pricing': { paramsTuple?: []; params?: {} }
    'site.help': { paramsTuple?: []; params?: {} }
    'site.status': { paramsTuple?: []; params?: {} }
    'site.privacy': { paramsTuple?: []; params?: {} }
    'site.terms': { paramsTuple?: []; params?: {} }
    'site.cookies': { paramsTuple?: []; params?: {} }
    'site.data_retention': { paramsTuple?: []; params?: {} }
    'site.offline': { paramsTuple?: []; params?: {} }
    'site.service_worker': { paramsTuple?: []; params?: {} }
    'site.robots': { paramsTuple?: []; params?: {} }
    'site.sitemap': { paramsTuple?: []; params?: {} }
    'site.manifest': { paramsTuple?: []; params?: {} }
    'site.favicon': { paramsTuple?: []; params?: {} }
    'site.apple_touch_icon': { paramsTuple?: []; params?: {} }
    'site.consent': { paramsTuple?: []; params?: {} }
    'site.vitals': { paramsTuple?: []; params?: {} }
    'assets': { paramsTuple: [...ParamValue[]]; params: {'*': ParamValue[]} }
    'console.sign_in.create': { paramsTuple?: []; params?: {} }
    'console.sign_in.store': { paramsTuple?: []; params?: {} }
    'console.sign_in.factor': { paramsTuple?: []; params?: {} }
    'console.sign_in.complete': { paramsTuple?: []; params?: {} }
    'console.invitations.show': { paramsTuple?: []; params?: {} }
    'console.invitations.store': { paramsTuple?: []; params?: {} }
    'console.invitations.edit': { paramsTuple?: []; params?: {} }
    'console.invitations.update': { paramsTuple?: []; params?: {} }
    'console.sign_in.destroy': { paramsTuple?: []; params?: {} }
    'console.step_ups.show': { paramsTuple?: []; params?: {} }
    'console.step_ups.store': { paramsTuple?: []; params?: {} }
    'console.search.index': { paramsTuple?: []; params?: {} }
    'console.live.show': { paramsTuple: [ParamValue]; params: {'topic': ParamValue} }
    'console.security.show': { paramsTuple?: []; params?: {} }
    'console.security.password': { paramsTuple?: []; params?: {} }
    'console.security.recovery_codes': { paramsTuple?: []; params?: {} }
    'console.security.end_others': { paramsTuple?: []; params?: {} }
    'console.security.end_session': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.authenticators.create': { paramsTuple?: []; params?: {} }
    'console.authenticators.store': { paramsTuple?: []; params?: {} }
    'console.passkeys.create': { paramsTuple?: []; params?: {} }
    'console.passkeys.store': { paramsTuple?: []; params?: {} }
    'console.passkeys.destroy': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.staff.index': { paramsTuple?: []; params?: {} }
    'console.staff.store': { paramsTuple?: []; params?: {} }
    'console.staff.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.staff.role': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.staff.disable': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.staff.enable': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.staff.reset': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.payouts.index': { paramsTuple?: []; params?: {} }
    'console.payouts.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.payouts.hold': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.payouts.let_go': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.payouts.retry': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.payouts.repay': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.payouts.cancel': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.webhooks.index': { paramsTuple?: []; params?: {} }
    'console.webhooks.replays': { paramsTuple?: []; params?: {} }
    'console.webhooks.show_replay': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.webhooks.replay_chosen': { paramsTuple?: []; params?: {} }
    'console.webhooks.replay_all': { paramsTuple?: []; params?: {} }
    'console.webhooks.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.webhooks.replay': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.jobs.index': { paramsTuple?: []; params?: {} }
    'console.jobs.queue': { paramsTuple: [ParamValue]; params: {'name': ParamValue} }
    'console.jobs.redrive': { paramsTuple: [ParamValue]; params: {'name': ParamValue} }
    'console.jobs.show': { paramsTuple: [ParamValue,ParamValue]; params: {'name': ParamValue,'id': ParamValue} }
    'console.jobs.retry': { paramsTuple: [ParamValue,ParamValue]; params: {'name': ParamValue,'id': ParamValue} }
    'console.reconciliation.index': { paramsTuple?: []; params?: {} }
    'console.reconciliation.start': { paramsTuple: [ParamValue]; params: {'rail': ParamValue} }
    'console.reconciliation.breaks': { paramsTuple?: []; params?: {} }
    'console.reconciliation.show_break': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.reconciliation.acknowledge': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.reconciliation.correct': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.reconciliation.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.projects.index': { paramsTuple?: []; params?: {} }
    'console.projects.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.projects.milestone': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.users.index': { paramsTuple?: []; params?: {} }
    'console.users.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.users.verify': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.users.suspend': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.users.let_back': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.users.reset_mfa': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.users.end_sessions': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.files.index': { paramsTuple?: []; params?: {} }
    'console.files.download': { paramsTuple: [ParamValue,ParamValue]; params: {'kind': ParamValue,'id': ParamValue} }
    'console.files.release': { paramsTuple: [ParamValue,ParamValue]; params: {'kind': ParamValue,'id': ParamValue} }
    'console.files.scan': { paramsTuple: [ParamValue,ParamValue]; params: {'kind': ParamValue,'id': ParamValue} }
    'console.settings.index': { paramsTuple?: []; params?: {} }
    'console.settings.show': { paramsTuple: [ParamValue]; params: {'name': ParamValue} }
    'console.settings.store': { paramsTuple: [ParamValue]; params: {'name': ParamValue} }
    'console.audit.index': { paramsTuple?: []; params?: {} }
    'console.audit.verify': { paramsTuple?: []; params?: {} }
    'console.audit.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.approvals.index': { paramsTuple?: []; params?: {} }
    'console.approvals.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.approvals.approve': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.approvals.refuse': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.approvals.withdraw': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.dashboard.show': { paramsTuple?: []; params?: {} }
    'console.transactions.index': { paramsTuple?: []; params?: {} }
    'console.transactions.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.transactions.provider': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.chargebacks.index': { paramsTuple?: []; params?: {} }
    'console.chargebacks.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.transactions.clear_dispute': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.chargebacks.submit_evidence': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.treasury.show': { paramsTuple?: []; params?: {} }
    'console.treasury.record': { paramsTuple?: []; params?: {} }
    'console.treasury.retry_refund': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.treasury.pay_by_hand': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.treasury.adopt': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.treasury.claw_back': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.treasury.write_off': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.treasury.correct': { paramsTuple?: []; params?: {} }
    'console.ledger.index': { paramsTuple?: []; params?: {} }
    'console.ledger.accounts': { paramsTuple?: []; params?: {} }
    'console.ledger.account': { paramsTuple: [ParamValue,ParamValue]; params: {'name': ParamValue,'currency': ParamValue} }
    'console.ledger.entries': { paramsTuple?: []; params?: {} }
    'console.ledger.entry': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.disputes.index': { paramsTuple?: []; params?: {} }
    'console.disputes.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.disputes.preview': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.additions.close': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.additions.open': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.disputes.decide': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.disputes.withdraw': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.disputes.approve': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.disputes.refuse': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.files.evidence': { paramsTuple: [ParamValue,ParamValue]; params: {'id': ParamValue,'file': ParamValue} }
    'console.files.deliverable': { paramsTuple: [ParamValue,ParamValue]; params: {'id': ParamValue,'file': ParamValue} }
    'console.missing.show': { paramsTuple: [...ParamValue[]]; params: {'*': ParamValue[]} }
  }
  GET: {
    'health.live': { paramsTuple?: []; params?: {} }
    'health.ready': { paramsTuple?: []; params?: {} }
    'api.terms.show': { paramsTuple?: []; params?: {} }
    'api.auth.oauth.index': { paramsTuple?: []; params?: {} }
    'api.auth.oauth.redirect': { paramsTuple: [ParamValue]; params: {'provider': ParamValue} }
    'api.auth.oauth.callback': { paramsTuple: [ParamValue]; params: {'provider': ParamValue} }
    'api.auth.identities.index': { paramsTuple?: []; params?: {} }
    'api.auth.sessions.index': { paramsTuple?: []; params?: {} }
    'api.auth.mfa.show': { paramsTuple?: []; params?: {} }
    'api.profile.show': { paramsTuple?: []; params?: {} }
    'api.projects.index': { paramsTuple?: []; params?: {} }
    'api.projects.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.projects.activity': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.projects.milestones.index': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.milestones.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.milestones.submissions': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.invitations.index': { paramsTuple?: []; params?: {} }
    'api.projects.messages.index': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.projects.proposals.index': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.users.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.quotes.show': { paramsTuple?: []; params?: {} }
    'api.refunds.index': { paramsTuple?: []; params?: {} }
    'api.refunds.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.payouts.index': { paramsTuple?: []; params?: {} }
    'api.transactions.index': { paramsTuple?: []; params?: {} }
    'api.transactions.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.escrow_accounts.show': { paramsTuple: [ParamValue]; params: {'project_id': ParamValue} }
    'api.disputes.index': { paramsTuple?: []; params?: {} }
    'api.disputes.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.disputes.messages.index': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.evidence.download': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.offers.index': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.payout_accounts.index': { paramsTuple?: []; params?: {} }
    'api.dashboard.show': { paramsTuple?: []; params?: {} }
    'api.receipts.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.statements.show': { paramsTuple?: []; params?: {} }
    'api.notifications.index': { paramsTuple?: []; params?: {} }
    'api.notification_preferences.show': { paramsTuple?: []; params?: {} }
    'unsubscriptions.show': { paramsTuple?: []; params?: {} }
    'api.deliverables.index': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.deliverables.download': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'files.show': { paramsTuple: [...ParamValue[]]; params: {'*': ParamValue[]} }
    'pictures.show': { paramsTuple: [ParamValue]; params: {'name': ParamValue} }
    'streams.show': { paramsTuple?: []; params?: {} }
    'api.exports.index': { paramsTuple?: []; params?: {} }
    'api.exports.download': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'documents.openapi': { paramsTuple?: []; params?: {} }
    'documents.page': { paramsTuple?: []; params?: {} }
    'documents.style': { paramsTuple?: []; params?: {} }
    'documents.problem': { paramsTuple: [ParamValue]; params: {'code': ParamValue} }
    'site.home': { paramsTuple?: []; params?: {} }
    'site.how_it_works': { paramsTuple?: []; params?: {} }
    'site.pricing': { paramsTuple?: []; params?: {} }
    'site.help': { paramsTuple?: []; params?: {} }
    'site.status': { paramsTuple?: []; params?: {} }
    'site.privacy': { paramsTuple?: []; params?: {} }
    'site.terms': { paramsTuple?: []; params?: {} }
    'site.cookies': { paramsTuple?: []; params?: {} }
    'site.data_retention': { paramsTuple?: []; params?: {} }
    'site.offline': { paramsTuple?: []; params?: {} }
    'site.service_worker': { paramsTuple?: []; params?: {} }
    'site.robots': { paramsTuple?: []; params?: {} }
    'site.sitemap': { paramsTuple?: []; params?: {} }
    'site.manifest': { paramsTuple?: []; params?: {} }
    'site.favicon': { paramsTuple?: []; params?: {} }
    'site.apple_touch_icon': { paramsTuple?: []; params?: {} }
    'assets': { paramsTuple: [...ParamValue[]]; params: {'*': ParamValue[]} }
    'console.sign_in.create': { paramsTuple?: []; params?: {} }
    'console.sign_in.factor': { paramsTuple?: []; params?: {} }
    'console.invitations.show': { paramsTuple?: []; params?: {} }
    'console.invitations.edit': { paramsTuple?: []; params?: {} }
    'console.step_ups.show': { paramsTuple?: []; params?: {} }
    'console.search.index': { paramsTuple?: []; params?: {} }
    'console.live.show': { paramsTuple: [ParamValue]; params: {'topic': ParamValue} }
    'console.security.show': { paramsTuple?: []; params?: {} }
    'console.authenticators.create': { paramsTuple?: []; params?: {} }
    'console.passkeys.create': { paramsTuple?: []; params?: {} }
    'console.staff.index': { paramsTuple?: []; params?: {} }
    'console.staff.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.payouts.index': { paramsTuple?: []; params?: {} }
    'console.payouts.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.webhooks.index': { paramsTuple?: []; params?: {} }
    'console.webhooks.replays': { paramsTuple?: []; params?: {} }
    'console.webhooks.show_replay': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.webhooks.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.jobs.index': { paramsTuple?: []; params?: {} }
    'console.jobs.queue': { paramsTuple: [ParamValue]; params: {'name': ParamValue} }
    'console.jobs.show': { paramsTuple: [ParamValue,ParamValue]; params: {'name': ParamValue,'id': ParamValue} }
    'console.reconciliation.index': { paramsTuple?: []; params?: {} }
    'console.reconciliation.breaks': { paramsTuple?: []; params?: {} }
    'console.reconciliation.show_break': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.reconciliation.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.projects.index': { paramsTuple?: []; params?: {} }
    'console.projects.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.projects.milestone': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.users.index': { paramsTuple?: []; params?: {} }
    'console.users.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.files.index': { paramsTuple?: []; params?: {} }
    'console.files.download': { paramsTuple: [ParamValue,ParamValue]; params: {'kind': ParamValue,'id': ParamValue} }
    'console.settings.index': { paramsTuple?: []; params?: {} }
    'console.settings.show': { paramsTuple: [ParamValue]; params: {'name': ParamValue} }
    'console.audit.index': { paramsTuple?: []; params?: {} }
    'console.audit.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.approvals.index': { paramsTuple?: []; params?: {} }
    'console.approvals.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.dashboard.show': { paramsTuple?: []; params?: {} }
    'console.transactions.index': { paramsTuple?: []; params?: {} }
    'console.transactions.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.transactions.provider': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.chargebacks.index': { paramsTuple?: []; params?: {} }
    'console.chargebacks.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.treasury.show': { paramsTuple?: []; params?: {} }
    'console.ledger.index': { paramsTuple?: []; params?: {} }
    'console.ledger.accounts': { paramsTuple?: []; params?: {} }
    'console.ledger.account': { paramsTuple: [ParamValue,ParamValue]; params: {'name': ParamValue,'currency': ParamValue} }
    'console.ledger.entries': { paramsTuple?: []; params?: {} }
    'console.ledger.entry': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.disputes.index': { paramsTuple?: []; params?: {} }
    'console.disputes.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.disputes.preview': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.files.evidence': { paramsTuple: [ParamValue,ParamValue]; params: {'id': ParamValue,'file': ParamValue} }
    'console.files.deliverable': { paramsTuple: [ParamValue,ParamValue]; params: {'id': ParamValue,'file': ParamValue} }
    'console.missing.show': { paramsTuple: [...ParamValue[]]; params: {'*': ParamValue[]} }
  }
  HEAD: {
    'health.live': { paramsTuple?: []; params?: {} }
    'health.ready': { paramsTuple?: []; params?: {} }
    'api.terms.show': { paramsTuple?: []; params?: {} }
    'api.auth.oauth.index': { paramsTuple?: []; params?: {} }
    'api.auth.oauth.redirect': { paramsTuple: [ParamValue]; params: {'provider': ParamValue} }
    'api.auth.oauth.callback': { paramsTuple: [ParamValue]; params: {'provider': ParamValue} }
    'api.auth.identities.index': { paramsTuple?: []; params?: {} }
    'api.auth.sessions.index': { paramsTuple?: []; params?: {} }
    'api.auth.mfa.show': { paramsTuple?: []; params?: {} }
    'api.profile.show': { paramsTuple?: []; params?: {} }
    'api.projects.index': { paramsTuple?: []; params?: {} }
    'api.projects.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.projects.activity': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.projects.milestones.index': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.milestones.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.milestones.submissions': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.invitations.index': { paramsTuple?: []; params?: {} }
    'api.projects.messages.index': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.projects.proposals.index': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.users.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.quotes.show': { paramsTuple?: []; params?: {} }
    'api.refunds.index': { paramsTuple?: []; params?: {} }
    'api.refunds.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.payouts.index': { paramsTuple?: []; params?: {} }
    'api.transactions.index': { paramsTuple?: []; params?: {} }
    'api.transactions.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.escrow_accounts.show': { paramsTuple: [ParamValue]; params: {'project_id': ParamValue} }
    'api.disputes.index': { paramsTuple?: []; params?: {} }
    'api.disputes.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.disputes.messages.index': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.evidence.download': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.offers.index': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.payout_accounts.index': { paramsTuple?: []; params?: {} }
    'api.dashboard.show': { paramsTuple?: []; params?: {} }
    'api.receipts.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.statements.show': { paramsTuple?: []; params?: {} }
    'api.notifications.index': { paramsTuple?: []; params?: {} }
    'api.notification_preferences.show': { paramsTuple?: []; params?: {} }
    'unsubscriptions.show': { paramsTuple?: []; params?: {} }
    'api.deliverables.index': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.deliverables.download': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'files.show': { paramsTuple: [...ParamValue[]]; params: {'*': ParamValue[]} }
    'pictures.show': { paramsTuple: [ParamValue]; params: {'name': ParamValue} }
    'streams.show': { paramsTuple?: []; params?: {} }
    'api.exports.index': { paramsTuple?: []; params?: {} }
    'api.exports.download': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'documents.openapi': { paramsTuple?: []; params?: {} }
    'documents.page': { paramsTuple?: []; params?: {} }
    'documents.style': { paramsTuple?: []; params?: {} }
    'documents.problem': { paramsTuple: [ParamValue]; params: {'code': ParamValue} }
    'site.home': { paramsTuple?: []; params?: {} }
    'site.how_it_works': { paramsTuple?: []; params?: {} }
    'site.pricing': { paramsTuple?: []; params?: {} }
    'site.help': { paramsTuple?: []; params?: {} }
    'site.status': { paramsTuple?: []; params?: {} }
    'site.privacy': { paramsTuple?: []; params?: {} }
    'site.terms': { paramsTuple?: []; params?: {} }
    'site.cookies': { paramsTuple?: []; params?: {} }
    'site.data_retention': { paramsTuple?: []; params?: {} }
    'site.offline': { paramsTuple?: []; params?: {} }
    'site.service_worker': { paramsTuple?: []; params?: {} }
    'site.robots': { paramsTuple?: []; params?: {} }
    'site.sitemap': { paramsTuple?: []; params?: {} }
    'site.manifest': { paramsTuple?: []; params?: {} }
    'site.favicon': { paramsTuple?: []; params?: {} }
    'site.apple_touch_icon': { paramsTuple?: []; params?: {} }
    'assets': { paramsTuple: [...ParamValue[]]; params: {'*': ParamValue[]} }
    'console.sign_in.create': { paramsTuple?: []; params?: {} }
    'console.sign_in.factor': { paramsTuple?: []; params?: {} }
    'console.invitations.show': { paramsTuple?: []; params?: {} }
    'console.invitations.edit': { paramsTuple?: []; params?: {} }
    'console.step_ups.show': { paramsTuple?: []; params?: {} }
    'console.search.index': { paramsTuple?: []; params?: {} }
    'console.live.show': { paramsTuple: [ParamValue]; params: {'topic': ParamValue} }
    'console.security.show': { paramsTuple?: []; params?: {} }
    'console.authenticators.create': { paramsTuple?: []; params?: {} }
    'console.passkeys.create': { paramsTuple?: []; params?: {} }
    'console.staff.index': { paramsTuple?: []; params?: {} }
    'console.staff.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.payouts.index': { paramsTuple?: []; params?: {} }
    'console.payouts.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.webhooks.index': { paramsTuple?: []; params?: {} }
    'console.webhooks.replays': { paramsTuple?: []; params?: {} }
    'console.webhooks.show_replay': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.webhooks.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.jobs.index': { paramsTuple?: []; params?: {} }
    'console.jobs.queue': { paramsTuple: [ParamValue]; params: {'name': ParamValue} }
    'console.jobs.show': { paramsTuple: [ParamValue,ParamValue]; params: {'name': ParamValue,'id': ParamValue} }
    'console.reconciliation.index': { paramsTuple?: []; params?: {} }
    'console.reconciliation.breaks': { paramsTuple?: []; params?: {} }
    'console.reconciliation.show_break': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.reconciliation.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.projects.index': { paramsTuple?: []; params?: {} }
    'console.projects.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.projects.milestone': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.users.index': { paramsTuple?: []; params?: {} }
    'console.users.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.files.index': { paramsTuple?: []; params?: {} }
    'console.files.download': { paramsTuple: [ParamValue,ParamValue]; params: {'kind': ParamValue,'id': ParamValue} }
    'console.settings.index': { paramsTuple?: []; params?: {} }
    'console.settings.show': { paramsTuple: [ParamValue]; params: {'name': ParamValue} }
    'console.audit.index': { paramsTuple?: []; params?: {} }
    'console.audit.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.approvals.index': { paramsTuple?: []; params?: {} }
    'console.approvals.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.dashboard.show': { paramsTuple?: []; params?: {} }
    'console.transactions.index': { paramsTuple?: []; params?: {} }
    'console.transactions.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.transactions.provider': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.chargebacks.index': { paramsTuple?: []; params?: {} }
    'console.chargebacks.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.treasury.show': { paramsTuple?: []; params?: {} }
    'console.ledger.index': { paramsTuple?: []; params?: {} }
    'console.ledger.accounts': { paramsTuple?: []; params?: {} }
    'console.ledger.account': { paramsTuple: [ParamValue,ParamValue]; params: {'name': ParamValue,'currency': ParamValue} }
    'console.ledger.entries': { paramsTuple?: []; params?: {} }
    'console.ledger.entry': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.disputes.index': { paramsTuple?: []; params?: {} }
    'console.disputes.show': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.disputes.preview': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.files.evidence': { paramsTuple: [ParamValue,ParamValue]; params: {'id': ParamValue,'file': ParamValue} }
    'console.files.deliverable': { paramsTuple: [ParamValue,ParamValue]; params: {'id': ParamValue,'file': ParamValue} }
    'console.missing.show': { paramsTuple: [...ParamValue[]]; params: {'*': ParamValue[]} }
  }
  POST: {
    'api.auth.register': { paramsTuple?: []; params?: {} }
    'api.auth.login': { paramsTuple?: []; params?: {} }
    'api.auth.refresh': { paramsTuple?: []; params?: {} }
    'api.auth.verify_email': { paramsTuple?: []; params?: {} }
    'api.auth.reset_password': { paramsTuple?: []; params?: {} }
    'api.auth.mfa.verify': { paramsTuple?: []; params?: {} }
    'api.auth.confirm_email_change': { paramsTuple?: []; params?: {} }
    'api.auth.oauth.exchange': { paramsTuple?: []; params?: {} }
    'api.auth.identities.store': { paramsTuple?: []; params?: {} }
    'api.auth.logout': { paramsTuple?: []; params?: {} }
    'api.auth.resend': { paramsTuple?: []; params?: {} }
    'api.auth.change_password': { paramsTuple?: []; params?: {} }
    'api.auth.change_email': { paramsTuple?: []; params?: {} }
    'api.auth.mfa.enroll': { paramsTuple?: []; params?: {} }
    'api.auth.mfa.confirm': { paramsTuple?: []; params?: {} }
    'api.auth.mfa.recovery_codes': { paramsTuple?: []; params?: {} }
    'api.auth.mfa.disable': { paramsTuple?: []; params?: {} }
    'api.projects.store': { paramsTuple?: []; params?: {} }
    'api.projects.cancel': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.projects.complete': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.projects.milestones.store': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.milestones.submit': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.milestones.reject': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.projects.invitations.store': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.invitations.accept': { paramsTuple: [ParamValue]; params: {'token': ParamValue} }
    'api.invitations.decline': { paramsTuple: [ParamValue]; params: {'token': ParamValue} }
    'api.projects.messages.store': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.projects.proposals.store': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.proposals.accept': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.proposals.decline': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.approvals.store': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.deposits.store': { paramsTuple?: []; params?: {} }
    'api.releases.store': { paramsTuple?: []; params?: {} }
    'api.refunds.store': { paramsTuple?: []; params?: {} }
    'api.refunds.accept': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.refunds.decline': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.transactions.cancel': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.evidence.store': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.disputes.store': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.disputes.answer': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.disputes.escalate': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.disputes.withdraw': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.disputes.messages.store': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.offers.store': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.offers.accept': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.offers.decline': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.equal_splits.store': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.payout_accounts.store': { paramsTuple?: []; params?: {} }
    'api.payout_accounts.onboarding_link': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'webhooks.stripe': { paramsTuple?: []; params?: {} }
    'webhooks.stripe.connect': { paramsTuple?: []; params?: {} }
    'webhooks.paypal': { paramsTuple?: []; params?: {} }
    'webhooks.venmo': { paramsTuple?: []; params?: {} }
    'api.notifications.read_all': { paramsTuple?: []; params?: {} }
    'unsubscriptions.store': { paramsTuple?: []; params?: {} }
    'api.avatars.store': { paramsTuple?: []; params?: {} }
    'api.deliverables.store': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'streams.subscribe': { paramsTuple?: []; params?: {} }
    'streams.unsubscribe': { paramsTuple?: []; params?: {} }
    'api.exports.store': { paramsTuple?: []; params?: {} }
    'site.consent': { paramsTuple?: []; params?: {} }
    'site.vitals': { paramsTuple?: []; params?: {} }
    'console.sign_in.store': { paramsTuple?: []; params?: {} }
    'console.sign_in.complete': { paramsTuple?: []; params?: {} }
    'console.invitations.store': { paramsTuple?: []; params?: {} }
    'console.invitations.update': { paramsTuple?: []; params?: {} }
    'console.sign_in.destroy': { paramsTuple?: []; params?: {} }
    'console.step_ups.store': { paramsTuple?: []; params?: {} }
    'console.security.password': { paramsTuple?: []; params?: {} }
    'console.security.recovery_codes': { paramsTuple?: []; params?: {} }
    'console.security.end_others': { paramsTuple?: []; params?: {} }
    'console.security.end_session': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.authenticators.store': { paramsTuple?: []; params?: {} }
    'console.passkeys.store': { paramsTuple?: []; params?: {} }
    'console.passkeys.destroy': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.staff.store': { paramsTuple?: []; params?: {} }
    'console.staff.role': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.staff.disable': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.staff.enable': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.staff.reset': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.payouts.hold': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.payouts.let_go': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.payouts.retry': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.payouts.repay': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.payouts.cancel': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.webhooks.replay_chosen': { paramsTuple?: []; params?: {} }
    'console.webhooks.replay_all': { paramsTuple?: []; params?: {} }
    'console.webhooks.replay': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.jobs.redrive': { paramsTuple: [ParamValue]; params: {'name': ParamValue} }
    'console.jobs.retry': { paramsTuple: [ParamValue,ParamValue]; params: {'name': ParamValue,'id': ParamValue} }
    'console.reconciliation.start': { paramsTuple: [ParamValue]; params: {'rail': ParamValue} }
    'console.reconciliation.acknowledge': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.reconciliation.correct': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.users.verify': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.users.suspend': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.users.let_back': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.users.reset_mfa': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.users.end_sessions': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.files.release': { paramsTuple: [ParamValue,ParamValue]; params: {'kind': ParamValue,'id': ParamValue} }
    'console.files.scan': { paramsTuple: [ParamValue,ParamValue]; params: {'kind': ParamValue,'id': ParamValue} }
    'console.settings.store': { paramsTuple: [ParamValue]; params: {'name': ParamValue} }
    'console.audit.verify': { paramsTuple?: []; params?: {} }
    'console.approvals.approve': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.approvals.refuse': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.approvals.withdraw': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.transactions.clear_dispute': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.chargebacks.submit_evidence': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.treasury.record': { paramsTuple?: []; params?: {} }
    'console.treasury.retry_refund': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.treasury.pay_by_hand': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.treasury.adopt': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.treasury.claw_back': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.treasury.write_off': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.treasury.correct': { paramsTuple?: []; params?: {} }
    'console.additions.close': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.additions.open': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.disputes.decide': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.disputes.withdraw': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.disputes.approve': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'console.disputes.refuse': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
  }
  DELETE: {
    'api.auth.identities.destroy': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.auth.sessions.destroy_others': { paramsTuple?: []; params?: {} }
    'api.auth.sessions.destroy': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.projects.destroy': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.milestones.destroy': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.equal_splits.destroy': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.payout_accounts.destroy': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.avatars.destroy': { paramsTuple?: []; params?: {} }
    'api.deliverables.destroy': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.profile.destroy': { paramsTuple?: []; params?: {} }
  }
  PUT: {
    'api.profile.update': { paramsTuple?: []; params?: {} }
    'api.projects.update': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.milestones.update': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.payout_accounts.update': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.notifications.read': { paramsTuple: [ParamValue]; params: {'id': ParamValue} }
    'api.notification_preferences.update': { paramsTuple?: []; params?: {} }
  }
}
declare module '@adonisjs/core/types/http' {
  export interface RoutesList extends ScannedRoutes {}
}
"""The whole business on one screen: every fact, and who acts on it.

NOW: within the transaction that states the fact; a handler may refuse, and then nothing happened.
LATER: a job after the commit, safe to run twice; it gets the fact's fields as a dict.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import billing.events as b
import billing.handlers
import contracts.events as c
import contracts.handlers
import orders.events as o
import orders.handlers
import quotes.events as q
import quotes.handlers
import revenue.events as r
import revenue.handlers
from q2c.api import events as k
from q2c.catalog import events as p
from q2c.customers import events as m
from q2c.identity import events as i
from q2c.identity import handlers as identity_handlers
from q2c.kernel.facts import Fact
from q2c.web.operations import events as w

Table = Mapping[type[Fact], Sequence[Callable[[Any], None]]]

NOW: Table = {
    q.QuoteSent: [contracts.handlers.check_offer, orders.handlers.check_amendment],
    q.QuoteAccepted: [orders.handlers.check_amendment, contracts.handlers.draw_up_contract],
    c.ContractSigned: [orders.handlers.place_order],
    c.ContractTerminated: [orders.handlers.end_subscriptions],
    c.RenewalReminded: [orders.handlers.draft_renewal],
    o.OrderPlaced: [orders.handlers.grant_credits, billing.handlers.schedule_charges],
    o.GoodsShipped: [billing.handlers.charge_shipped_goods],
    o.LinesClosedShort: [billing.handlers.drop_given_up],
    o.OrderCancelled: [billing.handlers.drop_charges],
    o.SubscriptionCancelled: [billing.handlers.stop_charges],
    o.SubscriptionRevived: [billing.handlers.resume_charges],
    b.InvoicesPosted: [revenue.handlers.post_invoices],
    b.PaymentReceived: [revenue.handlers.post_payment],
    b.PaymentApplied: [revenue.handlers.post_application],
    b.PaymentTakenBack: [revenue.handlers.post_application],
    b.PaymentRefunded: [revenue.handlers.post_refund],
}

LATER: Table = {
    i.UserAdded: [identity_handlers.mail_invitation],
    i.UserReactivated: [identity_handlers.mail_invitation],
    i.PasswordLinkAsked: [identity_handlers.mail_password_link],
    q.ApprovalStageOpened: [quotes.handlers.mail_approvers],
    q.ApprovalReminded: [quotes.handlers.mail_reminder],
    q.ApprovalEscalated: [quotes.handlers.mail_escalation],
    q.ApprovalCommented: [quotes.handlers.mail_approval_comment],
    q.QuoteApproved: [quotes.handlers.mail_owner_approved],
    q.QuoteApprovalRefused: [quotes.handlers.mail_owner_refused],
    q.QuoteSent: [quotes.handlers.mail_quote],
    q.QuoteSentAgain: [quotes.handlers.mail_quote_again],
    q.QuoteCommented: [quotes.handlers.mail_comment],
    q.CustomerChoseMore: [quotes.handlers.mail_choice],
    q.QuoteForwarded: [quotes.handlers.mail_forwarded],
    q.CounterOfferMade: [quotes.handlers.mail_counter_offer],
    q.CounterOfferAnswered: [quotes.handlers.mail_counter_answer],
    q.QuoteAccepted: [quotes.handlers.mail_acceptance],
    q.QuoteDeclined: [quotes.handlers.mail_declined],
    q.QuoteExpiryReminded: [quotes.handlers.mail_expiry],
    c.ContractDrawnUp: [contracts.handlers.mail_desks],
    c.ContractApproved: [contracts.handlers.mail_countersigners],
    c.ContractTextSent: [contracts.handlers.mail_text],
    c.ContractTextAccepted: [contracts.handlers.mail_countersigners],
    c.ContractClauseSwapped: [contracts.handlers.mail_desks_again],
    c.ContractRefused: [contracts.handlers.mail_owner_refused],
    c.ContractSigned: [contracts.handlers.mail_signed_contract],
    c.RenewalReminded: [contracts.handlers.mail_reminder],
    o.GoodsShipped: [orders.handlers.mail_shipment],
    o.LinesClosedShort: [orders.handlers.mail_closing],
    b.InvoicesPosted: [billing.handlers.deliver_invoices],
    b.PaymentReceived: [billing.handlers.mail_receipt],
    b.PaymentFailed: [billing.handlers.mail_failed_payment],
    b.PaymentDisputed: [billing.handlers.mail_dispute],
    b.DisputeWon: [billing.handlers.mail_dispute],
    b.DisputeLost: [billing.handlers.mail_dispute],
    b.DunningLetterSent: [billing.handlers.mail_dunning_letter],
}

# Facts that stand in the history only.
NOBODY: Sequence[type[Fact]] = (
    i.UserEdited,
    i.UserDeactivated,
    i.PasswordSet,
    m.CustomerCreated,
    m.CustomerEdited,
    m.CustomersBroughtIn,
    m.LegalEntityCreated,
    m.LegalEntityEdited,
    p.ProductCreated,
    p.ProductEdited,
    p.TaxRateAdded,
    p.TaxRateEnded,
    k.ApiKeyCreated,
    k.ApiKeyRevoked,
    w.JobsRetried,
    q.QuoteCreated,
    q.QuoteEdited,
    q.QuoteSubmitted,
    q.QuoteStepApproved,
    q.QuoteRecalled,
    q.QuoteViewed,
    q.QuoteReturnedTo,
    q.QuoteLinksRevoked,
    q.QuoteChoiceKept,
    q.CounterOfferWithdrawn,
    q.QuoteExpired,
    q.QuoteRevised,
    q.QuoteCancelled,
    q.QuoteMergedAway,
    q.QuoteUnmerged,
    q.QuotesBroughtIn,
    q.QuoteOutcomeSaid,
    q.QuoteTemplateEdited,
    q.CloseReasonEdited,
    q.PriceBookEdited,
    q.PriceRuleEdited,
    q.QuestionnaireEdited,
    q.QuestionnaireAnswered,
    q.ApprovalPolicyEdited,
    q.ApprovalsDelegated,
    q.StandingGrantGiven,
    q.StandingGrantRevoked,
    c.ContractDeskApproved,
    c.ContractTextOpened,
    c.ContractsBroughtIn,
    c.RenewalQuoted,
    c.ContractEdited,
    c.ClauseWritten,
    c.ClauseEdited,
    c.ClauseArchived,
    c.ClauseRestored,
    c.ContractTemplateEdited,
    c.ContractPolicyEdited,
    o.OrderCompleted,
    o.OrdersBroughtIn,
    o.SubscriptionsStarted,
    b.InvoiceDrafted,
    b.InvoiceDraftEdited,
    b.InvoiceDraftDiscarded,
    b.PaymentStarted,
    b.BillingRunFinished,
    r.RevenueRecognised,
    r.PeriodClosed,
    r.PeriodReopened,
)

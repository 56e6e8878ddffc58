from django.urls import path

from billing.views import collections, drafts, invoices, panels, payments, portal, runs, webhooks

app_name = "billing"
urlpatterns = [
    path("invoices/", invoices.list_, name="invoices"),
    path("invoices.csv", invoices.export, name="invoices_export"),
    path("invoices/new/", drafts.new, name="invoice_new"),
    path("invoices/<int:invoice_id>/", invoices.detail, name="invoice"),
    path("invoices/<int:invoice_id>/pdf/", invoices.pdf, name="invoice_pdf"),
    path("invoices/<int:invoice_id>/credit/", invoices.credit, name="invoice_credit"),
    path("invoices/<int:invoice_id>/apply/", invoices.apply, name="invoice_apply"),
    path("invoices/<int:invoice_id>/send-again/", invoices.resend, name="invoice_resend"),
    path("invoices/<int:invoice_id>/edit/", drafts.edit, name="invoice_edit"),
    path("invoices/<int:invoice_id>/post/", drafts.post, name="invoice_post"),
    path("invoices/<int:invoice_id>/discard/", drafts.discard, name="invoice_discard"),
    path("billing-runs/", runs.list_, name="runs"),
    path("billing-runs/<int:run_id>/", runs.detail, name="run"),
    path("billing-runs/<int:run_id>/post/", runs.post, name="run_post"),
    path("billing-runs/<int:run_id>/try-again/", runs.try_again, name="run_try_again"),
    path("billing-runs/parked/<int:customer_id>/again/", runs.bill_again, name="bill_again"),
    path("panels/billing/customer/<int:customer_id>/", panels.customer, name="customer_panel"),
    path("panels/billing/contract/<int:contract_id>/", panels.contract, name="contract_panel"),
    path(
        "panels/billing/subscription/<int:subscription_id>/",
        panels.subscription,
        name="subscription_panel",
    ),
    path("payments/", payments.list_, name="payments"),
    path("payments/<int:payment_id>/", payments.detail, name="payment"),
    path("payments/<int:payment_id>/apply/", payments.apply, name="payment_apply"),
    path("payments/<int:payment_id>/refund/", payments.refund, name="payment_refund"),
    path("payments/record/<int:customer_id>/", payments.record, name="payment_record"),
    path("collections/", collections.worklist, name="collections"),
    path("collections/<int:invoice_id>/send/", collections.send_letter, name="send_letter"),
    path("webhooks/stripe/", webhooks.stripe, name="stripe_webhook"),
    path("portal/invoices/<int:invoice_id>/", portal.invoice, name="portal_invoice"),
    path("portal/invoices/<int:invoice_id>/pdf/", portal.invoice_document, name="portal_pdf"),
    path("portal/invoices/<int:invoice_id>/pay/", portal.pay, name="portal_pay"),
    path("portal/invoices/<int:invoice_id>/paid/", portal.paid, name="portal_paid"),
    path("portal/invoices/<int:invoice_id>/autopay/", portal.autopay, name="portal_autopay"),
    path(
        "portal/invoices/<int:invoice_id>/cards/<int:method_id>/remove/",
        portal.forget_card,
        name="portal_forget_card",
    ),
    path("portal/accounts/<int:customer_id>/", portal.account, name="portal_account"),
]

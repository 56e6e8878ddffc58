from django.urls import path

from billing.views import drafts, invoices, panels, runs

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
]

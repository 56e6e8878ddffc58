from django.urls import path

from revenue.views import ledger, periods, reports

app_name = "revenue"
urlpatterns = [
    path("ledger/", ledger.list_, name="ledger"),
    path("ledger/<int:entry_id>/", ledger.entry, name="entry"),
    path("trial-balance/", reports.trial_balance, name="trial_balance"),
    path("receivables/", reports.receivables, name="receivables"),
    path("deferred-revenue/", reports.waterfall, name="waterfall"),
    path("tie-out/", reports.tie_out, name="tie_out"),
    path("recognition/", periods.recognition, name="recognition"),
    path("periods/", periods.periods, name="periods"),
    path("periods/<int:period_id>/close/", periods.close, name="close"),
    path("periods/<int:period_id>/reopen/", periods.reopen, name="reopen"),
    path("panels/ledger/invoice/<int:invoice_id>/", ledger.invoice_panel, name="invoice_panel"),
    path("panels/ledger/payment/<int:payment_id>/", ledger.payment_panel, name="payment_panel"),
    path("panels/ledger/customer/<int:customer_id>/", ledger.customer_panel, name="customer_panel"),
]

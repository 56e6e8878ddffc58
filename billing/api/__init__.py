"""The doors for programs."""

from django.urls import path

from billing.api.invoices import Invoices
from billing.api.parity import ContractParity
from billing.api.payments import Payments
from billing.api.runs import BillingRuns
from q2c.api.resources import routes

api_urls = [
    *routes(("invoices", Invoices), ("payments", Payments), ("billing-runs", BillingRuns)),
    # Beside the contracts, whose app knows nothing of invoices.
    path(
        "contracts/<str:id>/parity",
        ContractParity.as_view({"get": "parity"}, basename="contracts"),
    ),
]

"""The doors for programs."""

from billing.api.invoices import Invoices
from billing.api.payments import Payments
from billing.api.runs import BillingRuns
from q2c.api.resources import routes

api_urls = routes(("invoices", Invoices), ("payments", Payments), ("billing-runs", BillingRuns))

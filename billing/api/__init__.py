"""The doors for programs."""

from billing.api.invoices import Invoices
from billing.api.runs import BillingRuns
from q2c.api.resources import routes

api_urls = routes(("invoices", Invoices), ("billing-runs", BillingRuns))

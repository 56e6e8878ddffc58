"""What other apps may ask of billing."""

from billing.queries.ageing import BUCKETS, Aged, AgedCustomer, aged
from billing.queries.cash import (
    Application,
    ReceivedPayment,
    RefundRow,
    application,
    application_ids,
    received_payment,
    refund,
)
from billing.queries.checks import Finding, findings
from billing.queries.documents import (
    PostedDocument,
    PostedLine,
    ids_numbered,
    posted_documents,
)

__all__ = [
    "BUCKETS",
    "Aged",
    "AgedCustomer",
    "Application",
    "Finding",
    "PostedDocument",
    "PostedLine",
    "ReceivedPayment",
    "RefundRow",
    "aged",
    "application",
    "application_ids",
    "findings",
    "ids_numbered",
    "posted_documents",
    "received_payment",
    "refund",
]

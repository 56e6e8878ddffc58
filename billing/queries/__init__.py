"""What other apps may ask of billing."""

from billing.queries.cash import (
    Application,
    ReceivedPayment,
    RefundRow,
    application,
    received_payment,
    refund,
)
from billing.queries.checks import Finding, findings
from billing.queries.documents import (
    OpenDocument,
    PostedDocument,
    PostedLine,
    open_documents,
    posted_documents,
    receivables_total,
)

__all__ = [
    "Application",
    "Finding",
    "OpenDocument",
    "PostedDocument",
    "PostedLine",
    "ReceivedPayment",
    "RefundRow",
    "application",
    "findings",
    "open_documents",
    "posted_documents",
    "receivables_total",
    "received_payment",
    "refund",
]

"""What other apps and the doors may ask billing to do."""

from billing.actions.charges import (
    charge_shipped_goods,
    schedule_charges,
    schedule_many,
    stop_charges,
)
from billing.actions.credits import apply_credit, credit_invoice
from billing.actions.deliveries import deliver_invoice, send_again
from billing.actions.invoices import (
    LineDraft,
    change_draft,
    discard_draft,
    draft_invoice,
    post_invoice,
)
from billing.actions.runs import bill_again, enqueue_shards, start_run, work_off

__all__ = [
    "LineDraft",
    "apply_credit",
    "bill_again",
    "change_draft",
    "charge_shipped_goods",
    "credit_invoice",
    "deliver_invoice",
    "discard_draft",
    "draft_invoice",
    "enqueue_shards",
    "post_invoice",
    "schedule_charges",
    "schedule_many",
    "send_again",
    "start_run",
    "stop_charges",
    "work_off",
]

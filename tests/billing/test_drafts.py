"""Invoices written by hand."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from billing.actions.invoices import (
    LineDraft,
    change_draft,
    discard_draft,
    draft_invoice,
    post_invoice,
)
from billing.models import Invoice
from q2c.infra.models import Event
from q2c.kernel.errors import NotAllowed, Refused

AT = datetime(2026, 2, 10, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 2, 20, 9, 0, tzinfo=UTC)


def training(product, price="50.00", quantity="2"):
    return LineDraft(product.pk, "Training", Decimal(quantity), Decimal(price))


def test_a_draft_has_no_number_and_gets_one_and_its_dates_when_posted(customer, product, finance):
    draft = draft_invoice(customer.pk, [training(product)], by=finance, at=AT)
    assert (draft.number, draft.total, draft.issued_on) == (
        None,
        Decimal("119.00"),
        date(2026, 2, 10),
    )
    posted = post_invoice(draft.pk, by=finance, at=LATER)
    posted.refresh_from_db()
    assert (posted.number, posted.issued_on, posted.due_on) == (
        "INV-2026-000001",
        date(2026, 2, 20),
        date(2026, 3, 22),
    )
    assert posted.lines.get().period_start == date(2026, 2, 20)
    for change in (
        lambda: post_invoice(draft.pk, by=finance, at=LATER),
        lambda: change_draft(draft.pk, [training(product)], by=finance, at=LATER),
        lambda: discard_draft(draft.pk, by=finance, at=AT),
    ):
        with pytest.raises(Refused, match="is posted and cannot be changed"):
            change()


def test_a_draft_can_be_changed_and_discarded_without_a_gap(customer, product, finance):
    draft = draft_invoice(customer.pk, [training(product)], by=finance, at=AT)
    change_draft(draft.pk, [training(product, "10")], note="Hello", by=finance, at=AT)
    draft.refresh_from_db()
    assert (draft.net, draft.note, draft.lines.count()) == (Decimal(20), "Hello", 1)
    edited = Event.objects.get(name="InvoiceDraftEdited")
    assert edited.changes == {"total": ["119.00 EUR", "23.80 EUR"], "note": ["", "Hello"]}
    discard_draft(draft.pk, by=finance, at=AT)
    assert Event.objects.get(name="InvoiceDraftDiscarded").actor == finance
    other = draft_invoice(customer.pk, [training(product)], by=finance, at=AT)
    assert post_invoice(other.pk, by=finance, at=AT).number == "INV-2026-000001"


@pytest.mark.parametrize(
    ("price", "quantity", "words"),
    [("-1", "1", "cannot be negative"), ("1", "0", "quantity above zero"), ("9e12", "9", "large")],
)
def test_what_makes_no_invoice_is_refused(customer, product, finance, price, quantity, words):
    with pytest.raises(Refused, match=words):
        draft_invoice(customer.pk, [training(product, price, quantity)], by=finance, at=AT)
    with pytest.raises(Refused, match="Add at least one line"):
        draft_invoice(customer.pk, [], by=finance, at=AT)
    assert not Invoice.objects.exists()


def test_a_rep_may_not_write_invoices(customer, product, rep):
    with pytest.raises(NotAllowed):
        draft_invoice(customer.pk, [training(product)], by=rep, at=AT)

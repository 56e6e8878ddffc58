"""The tables of moves of invoices and payments, and that the database holds them without us."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from billing.actions.invoices import LineDraft, draft_invoice, post_invoice
from billing.models import Invoice, Payment
from billing.rules.states import (
    INVOICE_LIFECYCLE,
    PAYMENT_LIFECYCLE,
    InvoiceState,
    PaymentState,
)
from tests.billing.factories import AT

P = PaymentState
MOVES = {
    P.PENDING: {P.SUCCEEDED, P.FAILED, P.REQUIRES_ACTION, P.CANCELLED},
    P.REQUIRES_ACTION: {P.SUCCEEDED, P.FAILED, P.CANCELLED},
    P.FAILED: {P.SUCCEEDED},
    P.SUCCEEDED: set(),
    P.CANCELLED: set(),
}


@pytest.fixture
def invoice(customer, product, finance):
    line = LineDraft(
        product_id=product.pk, description="Training", quantity=Decimal(1), unit_price=Decimal(50)
    )
    return draft_invoice(customer.pk, [line], by=finance, at=AT)


@pytest.fixture
def payment_in(customer):
    """`payment_in(P.FAILED)` is an attempt that stands there."""

    def payment_in(state):
        received = {"number": "P-1", "received_on": date(2026, 1, 31)}
        return Payment.objects.create(
            state=state.value, kind=Payment.CARD, customer=customer, currency="EUR",
            legal_entity=customer.legal_entity, amount=Decimal(50), idempotency_key="once",
            created_at=AT, **(received if state is P.SUCCEEDED else {}),
        )  # fmt: skip

    return payment_in


def write(row, **values):
    with transaction.atomic():
        type(row).objects.filter(pk=row.pk).update(**values)


def test_the_tables_hold_these_moves_and_no_others():
    assert {(a, b) for (a, _), b in INVOICE_LIFECYCLE.moves.items()} == {
        (InvoiceState.DRAFT, InvoiceState.POSTED)
    }
    assert {(a, b) for (a, _), b in PAYMENT_LIFECYCLE.moves.items()} == {
        (before, after) for before, afters in MOVES.items() for after in afters
    }


def test_a_posted_invoice_never_becomes_a_draft_again(invoice, finance):
    post_invoice(invoice.pk, by=finance, at=AT)
    with pytest.raises(DatabaseError, match=r"is final|cannot go from posted to draft"):
        write(invoice, state="draft", number=None, posted_at=None)
    assert Invoice.objects.get(pk=invoice.pk).state == "posted"


def test_an_invoice_has_no_states_beside_those_of_the_table(invoice):
    with pytest.raises(DatabaseError, match="cannot go from draft to paid"):
        write(invoice, state="paid")
    assert Invoice.objects.get(pk=invoice.pk).state == "draft"


@pytest.mark.parametrize("before", list(P))
def test_the_database_refuses_every_other_move_of_a_payment(payment_in, before):
    payment = payment_in(before)
    for after in set(P) - MOVES[before] - {before}:
        with pytest.raises(DatabaseError, match=r"is final|cannot go from"):
            write(payment, state=after.value)
    assert Payment.objects.get(pk=payment.pk).state == before

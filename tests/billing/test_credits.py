"""Credit notes: to the cent, never more than invoiced, and what they settle."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.actions.credits import apply_credit, credit_invoice
from billing.actions.invoices import LineDraft, draft_invoice, post_invoice
from billing.actions.runs import start_run, work_off
from billing.models import Allocation, Invoice, InvoiceTax
from billing.rules.crediting import CreditableLine, CreditedTax, lines_to_credit, taxes_to_credit
from billing.rules.invoicing import TaxGroup
from q2c.infra.models import Event
from q2c.kernel.errors import NotAllowed, Refused

AT = datetime(2026, 2, 10, 9, 0, tzinfo=UTC)


@pytest.fixture
def invoice(customer, make_charge):
    make_charge(customer, net_per_period=Decimal("100.01"))
    make_charge(customer, net_per_period=Decimal("33.33"), tax_class="reduced")
    make_charge(customer, net_per_period=Decimal(-5), is_adjustment=True)
    work_off(start_run(on=date(2026, 1, 1), post=True, by=None, at=AT).pk, at=AT)
    return Invoice.objects.get()


def sums(which) -> dict:
    rows = InvoiceTax.objects.filter(invoice__in=which).values_list("percent", "taxable", "tax")
    found: dict = {}
    for percent, taxable, tax in rows:
        before = found.get(percent, (Decimal(0), Decimal(0)))
        found[percent] = (before[0] + taxable, before[1] + tax)
    return found


def test_a_full_credit_leaves_nothing_in_any_category(invoice, finance):
    note = credit_invoice(invoice.pk, reason="Wrong customer", by=finance, at=AT)
    invoice.refresh_from_db()
    assert (note.number, note.net, note.tax, note.total) == (
        "CN-2026-000001",
        invoice.net,
        invoice.tax,
        invoice.total,
    )
    assert sums([note]) == sums([invoice])
    assert (invoice.settled, note.settled) == (invoice.total, invoice.total)
    assert note.reason == "Wrong customer"
    assert note.corrects_id == invoice.pk


def test_partial_credits_add_up_to_the_invoice_in_every_category(invoice, finance):
    first, second, _ = invoice.lines.order_by("position")
    for amounts in ({first.pk: "0.01"}, {first.pk: "33.33", second.pk: "11.11"}):
        lines = {pk: Decimal(amount) for pk, amount in amounts.items()}
        credit_invoice(invoice.pk, lines=lines, reason="Part", by=finance, at=AT)
    credit_invoice(invoice.pk, reason="The rest", by=finance, at=AT)
    notes = Invoice.objects.filter(kind="credit_note")
    assert sums(notes) == sums([invoice])
    assert sum(note.total for note in notes) == invoice.total
    with pytest.raises(Refused, match="Nothing of this invoice is left to credit"):
        credit_invoice(invoice.pk, reason="Again", by=finance, at=AT)


@pytest.mark.parametrize(
    ("amounts", "words"),
    [
        ({0: "100.02"}, "has 100.01 EUR left to credit, not 100.02"),
        ({0: "-1"}, "left to credit, not -1"),
        ({2: "5"}, "has -5.00 EUR left to credit, not 5"),
        ({0: "1.001"}, "finer than EUR allows"),
        ({0: "100.01", 1: "33.33"}, "Credit its deductions along with its charges"),
        ({}, "Enter an amount for at least one line"),
    ],
)
def test_more_than_was_invoiced_is_refused_and_nothing_changes(invoice, finance, amounts, words):
    lines = list(invoice.lines.order_by("position"))
    wanted = {lines[index].pk: Decimal(amount) for index, amount in amounts.items()}
    with pytest.raises(Refused, match=words):
        credit_invoice(invoice.pk, lines=wanted, reason="Oops", by=finance, at=AT)
    assert Invoice.objects.count() == 1
    assert not Allocation.objects.exists()


def test_only_finance_may_credit_and_must_say_why(invoice, rep, finance):
    with pytest.raises(NotAllowed):
        credit_invoice(invoice.pk, reason="Please", by=rep, at=AT)
    with pytest.raises(Refused, match="Say why"):
        credit_invoice(invoice.pk, reason="  ", by=finance, at=AT)
    assert Invoice.objects.count() == 1


def test_a_credit_note_cannot_be_credited(invoice, finance):
    note = credit_invoice(invoice.pk, reason="All", by=finance, at=AT)
    with pytest.raises(Refused, match="Only a posted invoice"):
        credit_invoice(note.pk, reason="Undo", by=finance, at=AT)


def test_credit_of_a_paid_invoice_stays_on_the_note_until_it_settles_another(
    invoice, finance, customer, product
):
    Invoice.objects.filter(pk=invoice.pk).update(settled=invoice.total)  # as a payment would
    note = credit_invoice(invoice.pk, reason="Refund", by=finance, at=AT)
    assert note.settled == 0
    draft = draft_invoice(
        customer.pk, [LineDraft(product.pk, "Training", Decimal(1), Decimal(50))],
        by=finance, at=AT,
    )  # fmt: skip
    with pytest.raises(Refused, match="Choose a posted invoice"):
        apply_credit(note.pk, draft.pk, by=finance, at=AT)
    other = post_invoice(draft.pk, by=finance, at=AT)
    assert apply_credit(note.pk, other.pk, by=finance, at=AT).amount == Decimal("59.50")
    note.refresh_from_db()
    other.refresh_from_db()
    assert (note.settled, other.open) == (Decimal("59.50"), 0)
    with pytest.raises(Refused, match="settles that invoice already"):
        apply_credit(note.pk, other.pk, by=finance, at=AT)


def test_a_credit_settles_no_other_customers_invoice(invoice, finance, make_customer, product):
    Invoice.objects.filter(pk=invoice.pk).update(settled=invoice.total)
    note = credit_invoice(invoice.pk, reason="Refund", by=finance, at=AT)
    line = LineDraft(product.pk, "Training", Decimal(1), Decimal(50))
    draft = draft_invoice(make_customer().pk, [line], by=finance, at=AT)
    other = post_invoice(draft.pk, by=finance, at=AT)
    with pytest.raises(Refused, match="same customer"):
        apply_credit(note.pk, other.pk, by=finance, at=AT)


def test_the_history_says_what_was_credited_and_why(invoice, finance):
    credit_invoice(invoice.pk, reason="Outage", by=finance, at=AT)
    event = Event.objects.get(name="PaymentApplied", document_id=invoice.pk)
    assert event.changes == {"open": ["148.72 EUR", "0.00 EUR"]}
    assert event.actor == finance
    posted = Event.objects.filter(name="InvoicesPosted").latest("id")
    assert posted.reason == "Outage"


NETS = st.lists(st.decimals("0.01", "999", places=2), min_size=1, max_size=5)


@given(nets=NETS, percent=st.sampled_from([0, 7, 19, 25]), cuts=st.lists(st.integers(1, 100)))
def test_any_series_of_credits_gives_back_exactly_the_tax(nets, percent, cuts):
    total = sum(nets)
    tax = (total * percent / 100).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")
    group = TaxGroup("S", "DE", Decimal(percent), total, tax, "")
    credited = dict.fromkeys(range(len(nets)), Decimal(0))
    net_before = tax_before = Decimal(0)

    def lines() -> list[CreditableLine]:
        return [
            CreditableLine(i, "x", "S", "DE", Decimal(percent), net, credited[i])
            for i, net in enumerate(nets)
        ]

    steps = [{i % len(nets): Decimal(cut) / 100} for i, cut in enumerate(cuts)]
    for asked in [*steps, None]:
        rows = lines()
        wanted = asked and {i: min(net, rows[i].left) for i, net in asked.items() if rows[i].left}
        if not any(row.left for row in rows) or wanted == {}:
            continue
        chosen = lines_to_credit(rows, wanted, currency="EUR")
        before = [CreditedTax(group, net_before, tax_before)]
        (back,) = taxes_to_credit(rows, chosen, before, currency="EUR")
        net_before, tax_before = net_before + back.taxable, tax_before + back.tax
        for i, net in chosen.items():
            credited[i] += net
    assert (net_before, tax_before) == (total, tax)

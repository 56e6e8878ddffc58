# ruff: noqa: F811
"""A price for other months than it is invoiced for: the same on every door, and a year costs it."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from billing.models import Invoice, InvoiceLine
from orders.actions import draft_renewal, start_amendment
from quotes.actions import change_quote
from quotes.models import Price, Quote
from tests.quotes.conftest import NOON
from tests.quotes.test_portal import opened, today  # noqa: F401
from tests.scenarios.test_amendments import (  # noqa: F401
    THEN,
    _alone,
    bill,
    close,
    does,
    fresh,
    shown,
)
from tests.scenarios.test_one_engine import Doors, doors  # noqa: F401

D = Decimal


@pytest.mark.parametrize(
    ("price", "months", "price_months", "invoices"),
    [
        # Zuora, “Annual prices and specific-month billing periods” and “Get started”.
        ("21500", 4, 12, ["7166.67", "7166.66", "7166.67"]),
        ("100", 4, 12, ["33.33", "33.34", "33.33"]),
        ("100", 1, 12, ["8.33", "8.34", "8.33", "8.33", "8.34", "8.33"] * 2),
        ("10", 3, 1, ["30.00"] * 4),  # a price a month, invoiced quarterly
    ],
)
def test_a_price_for_other_months_than_it_is_invoiced_for(
    price, months, price_months, invoices, draft, take, rep, doors
):
    Price.objects.filter(product__sku="SUP").update(
        unit_price=D(price), months=months, price_months=price_months
    )
    change_quote(draft.pk, {"auto_renew": False}, by=rep, at=NOON)
    take(draft, "SUP", 1)
    total = D(price) * 12 / price_months
    quote = fresh(draft)
    assert (quote.contract_total, quote.monthly_total) == (total, round(total / 12, 2))
    assert doors(D(price)) == Doors(*[total] * 4)
    assert [f"{net:.2f}" for net in nets_of("SUP")] == invoices


def nets_of(sku):
    lines = InvoiceLine.objects.filter(charge__product__sku=sku, invoice__kind="invoice")
    return list(lines.order_by("period_start").values_list("net", flat=True))


@pytest.mark.parametrize(
    ("policy", "first"),
    [({}, "51.61"), ({"month_first": False}, "51.61"), ({"basis": "days_30"}, "53.33")],
)
def test_a_part_of_a_month_of_a_price_a_year(policy, first, draft, take, rep, doors):
    """The part of a billing period counts by the policy; the year costs its price."""
    Price.objects.filter(product__sku="SUP").update(unit_price=D(1200), price_months=12)
    terms = {
        "starts_on": date(2027, 1, 16), "auto_renew": False,
        "proration": {"anchor": "calendar", **policy},
    }  # fmt: skip
    change_quote(draft.pk, terms, by=rep, at=NOON)
    take(draft, "SUP", 1)
    quote = fresh(draft)
    assert doors(D(first)) == Doors(*[quote.contract_total] * 4)
    assert nets_of("SUP")[:3] == [D(first), D(100), D(100)]


def test_a_price_a_year_is_amended_in_the_middle_of_a_month(draft, take, close, rep, does, today):
    Price.objects.filter(product__sku="SUP").update(unit_price=D(1200), price_months=12)
    take(draft, "SUP", 1)
    contract = close(draft)
    bill(date(2027, 4, 1))
    on = date(2027, 4, 16)
    quote = Quote.objects.get(pk=start_amendment(contract.pk, on=on, by=rep, at=THEN))
    does.change(quote, "SUP", quantity=D(3))
    said = shown(quote)
    assert (said.credit.amount, said.charge.amount) == (D(50), D(150))
    assert said.bridge.arr.change.amount == D(2400)
    sent = close(fresh(quote)).quote
    page = opened(sent).get(reverse("quotes:portal_quote", args=[sent.pk])).text
    assert "Per year, invoiced monthly" in page
    bill(date(2027, 5, 1))
    assert Invoice.objects.get(kind="credit_note").net == D(50)
    assert InvoiceLine.objects.get(period_start=date(2027, 5, 1)).net == D(300)


def test_a_price_a_year_is_renewed_as_one(draft, take, close, rep, today):
    """At its price, and at the list price of the day, which the book has made one a quarter."""
    Price.objects.filter(product__sku="SUP").update(unit_price=D(1200), price_months=12)
    change_quote(draft.pk, {"auto_renew": False}, by=rep, at=NOON)
    take(draft, "SUP", 1)
    contract = close(draft)
    renewal = Quote.objects.get(pk=draft_renewal(contract.pk, by=rep, at=NOON))
    [line] = renewal.lines.all()
    assert (line.price_months, line.net_per_period, line.contract_total) == (12, 1200, 1200)

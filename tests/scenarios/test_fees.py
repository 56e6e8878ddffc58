# ruff: noqa: F811
"""The fee of a first band is due without use, too: agreed, invoiced, and a part of what use costs."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from billing.models import InvoiceLine
from orders.actions import record_usage, start_amendment
from orders.models import SubscriptionItem
from quotes.actions import change_quote
from quotes.models import Price, Quote
from quotes.queries import billing_schedule
from tests.orders.factories import used
from tests.quotes.conftest import NOON
from tests.scenarios.test_amendments import (  # noqa: F401
    THEN,
    _alone,
    bill,
    close,
    does,
    fresh,
    shown,
)

D = Decimal
BANDS = [
    {"up_to": "100", "unit_price": "0.10", "flat_fee": "10"},
    {"up_to": None, "unit_price": "0.05", "flat_fee": "0"},
]


@pytest.mark.parametrize(
    ("model", "agreed", "nets"),
    [
        # Stripe, OpenMeter and Lago (since #5760): 10 without use, 10 + 10 + 2.50 with 150 minutes.
        ("graduated", "30.00", ["10.00", "22.50", "10.00"]),
        ("volume", "0.00", ["10.00", "7.50", "10.00"]),  # with use the band reached says its price
    ],
)
def test_months_without_use_cost_the_fee(model, agreed, nets, draft, take, close, rep, cfo):
    Price.objects.filter(product__sku="CALLS").update(charge_model=model, tiers=BANDS)
    change_quote(draft.pk, {"term_months": 3, "auto_renew": False}, by=rep, at=NOON)
    take(draft, "CALLS", 1)
    quote = fresh(draft)
    assert quote.contract_total == D(agreed)
    plan = billing_schedule(quote, quote.lines.all()).instalments
    assert sum(row.together.amount for row in plan) == D(agreed)
    close(quote)
    item = SubscriptionItem.objects.get()
    record_usage(
        [used(item, "a", "150", datetime(2027, 2, 10, tzinfo=UTC))],
        by=cfo,
        at=datetime(2027, 2, 11, tzinfo=UTC),
    )
    bill(date(2027, 4, 1))
    lines = InvoiceLine.objects.order_by("period_start").values_list("net", flat=True)
    assert [f"{net:.2f}" for net in lines] == nets


@pytest.mark.parametrize(("change", "arr"), [("keep", 0), ("discount", -60), ("end", -120)])
def test_an_amendment_tells_of_a_fee_by_how_much_it_changes(
    change, arr, draft, take, close, does, rep
):
    """A fee of 10 a month: halved, or ended with the use that it belongs to."""
    Price.objects.filter(product__sku="CALLS").update(charge_model="graduated", tiers=BANDS)
    change_quote(draft.pk, {"auto_renew": False}, by=rep, at=NOON)
    take(draft, "CALLS", 1)
    contract = close(draft)
    bill(date(2027, 4, 1))
    on = date(2027, 4, 1)
    quote = Quote.objects.get(pk=start_amendment(contract.pk, on=on, by=rep, at=THEN))
    if change == "discount":
        does.change(quote, "CALLS", discount_percent=D(50))
    elif change == "end":
        does.end(quote, "CALLS")
    said = shown(quote)
    assert said.bridge.arr.before.amount == 120
    assert (said.bridge.arr.change.amount, said.bridge.arr.quantity.amount) == (arr, 0)
    assert (said.credit.amount, said.charge.amount) == (0, 0)

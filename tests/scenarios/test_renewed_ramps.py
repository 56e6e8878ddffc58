# ruff: noqa: F811
"""W9, ServiceNow: a ramp renewed by the page and by a program, offered, signed and invoiced."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from billing.models import InvoiceLine
from orders.models import Subscription
from quotes.actions import change_quote, ramp_line
from quotes.models import Price, Quote
from quotes.rules.ramps import Segment
from tests.api.conftest import api_for  # noqa: F401
from tests.quotes.conftest import NOON
from tests.quotes.test_portal import opened, today  # noqa: F401
from tests.scenarios.test_amendments import _alone, bill, close, fresh  # noqa: F401
from tests.scenarios.test_one_engine import text_of

D = Decimal
# ServiceNow, “Renewal pricing of ramped products”: 240, 230, 220 for a year each, 10 % a year.
YEARS = [(date(2027, 1, 1), 240, 10), (date(2028, 1, 1), 230, 11), (date(2029, 1, 1), 220, 12)]
# A last segment of 18 months counts two years.
ODD = [(date(2027, 1, 1), 240, 10), (date(2028, 7, 1), 220, 12)]
END = date(2030, 1, 1)


@pytest.fixture
def ramped(draft, take, close, rep):
    """`ramped(segments)` is the contract of a ramp of yearly prices over three years."""

    def ramped(segments):
        Price.objects.filter(product__sku="SUP").update(months=12, unit_price=240)
        change_quote(draft.pk, {"term_months": 36, "auto_renew": False}, by=rep, at=NOON)
        line = take(draft, "SUP", 10)
        ends = [start for start, *_ in segments[1:]] + [END]
        ramp = [
            Segment(start, end, D(quantity), agreed_unit_price=D(price))
            for (start, price, quantity), end in zip(segments, ends, strict=True)
        ]
        ramp_line(line.pk, ramp, by=rep, at=NOON)
        return close(fresh(draft))

    return ramped


@pytest.fixture
def renew(rep, api_for):
    """`renew(contract, door=…, basis=…)` is the renewal quote that the door drafts."""

    def renew(contract, *, door, basis):
        terms = {
            "method": "uplift", "uplift_percent": "10", "basis": basis, "term_months": 12,
        }  # fmt: skip
        if door == "page":
            client = Client()
            client.force_login(rep)
            found = client.post(reverse("orders:renew", args=[contract.pk]), terms)
            assert found.status_code == 302, found.text
        else:
            subscription = Subscription.objects.get(contract=contract)
            found = api_for(rep).post(f"subscriptions/{subscription.pk}/renew", terms)
            assert found.status_code == 201, found.content
        return Quote.objects.get(renews_contract_id=contract.pk)

    return renew


@pytest.mark.parametrize(
    ("door", "segments", "basis", "price"),
    [
        ("page", YEARS, "last_segment", "242"),
        ("api", YEARS, "first_segment", "312"),
        ("page", YEARS, "highest", "312"),
        ("api", ODD, "last_segment", "264"),
    ],
)
def test_a_ramp_is_renewed_as_the_door_was_told(
    ramped, renew, close, today, door, segments, basis, price
):
    contract = ramped(segments)
    bill(date(2029, 12, 31))
    quote = renew(contract, door=door, basis=basis)
    [line] = quote.lines.all()
    assert (line.quantity, line.agreed_unit_price) == (12, D(price))
    total = 12 * D(price)
    assert quote.contract_total == total
    sent = close(quote).quote
    page = opened(sent).get(reverse("quotes:portal_quote", args=[sent.pk])).text
    assert [f"{total:,.2f}" in text for text in (text_of(sent), page)] == [True, True]
    bill(END)
    assert InvoiceLine.objects.get(period_start=END).net == total

"""However long a quote is, it is read and priced once, by a fixed number of questions."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quotes.actions import (
    NewQuote,
    change_line,
    change_lines,
    create_quote,
    ramp_line,
    send_quote,
    submit_quote,
)
from quotes.models import PriceRule, Quote
from quotes.rules.pricing import Pricing
from quotes.rules.ramps import Segment
from tests.quotes.conftest import NOON
from tests.quotes.test_portal import opened, today  # noqa: F401

HTMX = {"HX-Request": "true"}
D = Decimal


@pytest.fixture
def longer(draft, take, rep):
    """`longer()` adds a bundle, a ramp, a fee, an option that is off and one that is on."""
    PriceRule.objects.create(
        name="Volume", effect="breaks", is_across=True, is_active=True, created_at=NOON,
        breaks=[{"least": "20", "percent": "3"}, {"least": "500", "percent": "6"}],
    )  # fmt: skip

    def longer(times=1):
        for _ in range(times):
            take(draft, "HOME")
            seats = take(draft, "SUP", 5)
            halves = ((date(2027, 1, 1), date(2027, 7, 1)), (date(2027, 7, 1), date(2028, 1, 1)))
            ramp_line(seats.pk, [Segment(*days, quantity=D(9)) for days in halves], by=rep, at=NOON)
            options = [take(draft, sku).pk for sku in ("SLA", "NET")]
            change_lines(draft.pk, options, {"is_optional": True}, by=rep, at=NOON)
            change_line(options[0], {"is_chosen": False}, by=rep, at=NOON)

    longer()
    return longer


def asked(client, ask):
    with CaptureQueriesContext(connection) as captured:
        response = ask(client)
    assert response.status_code == 200, response.content
    return len(captured)


def cell(quote, name, value):
    """Type into the first ramp's cell as the editor does."""
    line = quote.lines.filter(segments__isnull=False).distinct().first()
    seen = Quote.objects.get(pk=quote.pk).edit_version
    url = reverse("quotes:line", args=[quote.pk, line.pk])
    return lambda client: client.post(url, {name: value, "seen": seen}, headers=HTMX)


def post(quote, name, *args, **data):
    url = reverse(f"quotes:{name}", args=[quote.pk, *args])
    return lambda client: client.post(url, data, headers=HTMX)


def get(quote, name):
    return lambda client: client.get(reverse(f"quotes:{name}", args=[quote.pk]))


ASKED = {
    "a quantity": (lambda quote, n: cell(quote, "quantity", n), 34),
    "a discount": (lambda quote, n: cell(quote, "discount_percent", n), 34),
    "undo": (lambda quote, n: post(quote, "undo"), 36),
    "a term": (
        lambda quote, n: post(quote, "term", field="discount_percent", discount_percent=n),
        34,
    ),
    "the editor": (lambda quote, n: get(quote, "edit"), 20),
    "the page": (lambda quote, n: get(quote, "detail"), 25),
    "a line more": (
        lambda quote, n: post(quote, "line_add", pick=f"{quote.lines.first().product_id} 0 {n}"),
        51,
    ),
}


def test_a_longer_quote_asks_no_more(client, rep, draft, longer, policies):
    client.force_login(rep)

    def counts(number):
        return {name: asked(client, ask(draft, number)) for name, (ask, _) in ASKED.items()}

    counts(2)  # what is remembered between requests is
    short = counts(3)
    longer(3)
    assert counts(4) == short
    assert {name: n for name, n in short.items() if n > ASKED[name][1]} == {}


def test_an_edit_prices_its_lines_once(client, rep, draft, longer, policies, monkeypatch):
    client.force_login(rep)
    priced, price = [], Pricing.__init__
    monkeypatch.setattr(
        Pricing, "__init__", lambda self, *given: priced.append(self) or price(self, *given)
    )
    asked(client, cell(draft, "quantity", 30))
    assert len(priced) == 1


@pytest.mark.usefixtures("today")
def test_a_choice_among_many_options_asks_no_more(customer, take, rep):
    def choosing(count):
        new = NewQuote(customer_id=customer.pk, title="Options", starts_on=date(2027, 1, 1))
        quote = create_quote(new, by=rep, at=NOON)
        take(quote, "SUP", 10)
        options = [take(quote, "NET").pk for _ in range(count)]
        change_lines(quote.pk, options, {"is_optional": True}, by=rep, at=NOON)
        submit_quote(quote.pk, by=rep, at=NOON)
        sent = send_quote(quote.pk, by=rep, at=NOON)
        picked = {"choosing": "1", "on": options[1:]}
        url, live = reverse("quotes:portal_quote", args=[quote.pk]), {"HX-Target": "offer-figures"}
        return asked(opened(sent), lambda client: client.get(url, picked, headers=HTMX | live))

    choosing(1)
    few = choosing(2)
    assert choosing(9) <= few <= 16

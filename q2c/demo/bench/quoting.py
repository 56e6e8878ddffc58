"""What a rep waits for after each cell, and a customer after each tick."""

from collections.abc import Callable, Iterable
from datetime import datetime
from http import HTTPStatus
from statistics import median
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from django.test import Client
from django.urls import reverse

from q2c.demo.bench.deals import a_long_draft, an_offer
from q2c.demo.bench.table import Row
from q2c.identity.models import User
from quotes.models import Quote

_HTMX: dict[str, Any] = {"HTTP_HX_REQUEST": "true"}


def edit(times: int, *, at: datetime) -> Row:
    """Type another quantity into a cell of a long draft, again and again, as its editor sends it."""
    quote = a_long_draft(at=at)
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(email="admin@brightline.example"))
    line = quote.lines.filter(product__sku="HANDSET").earliest("position")
    address = reverse("quotes:line", args=[quote.pk, line.pk])

    def send(number: int) -> Any:
        return client.post(address, {"quantity": 30 + number, "seen": seen + number}, **_HTMX)

    seen = Quote.objects.get(pk=quote.pk).edit_version
    return Row(
        "an edit on a 200-line quote",
        _median_ms(send, range(times + 1)),
        100,
        "ms",
        "median; bundles, ramps, options, price rules; with all totals",
        is_more_better=False,
    )


def choice(times: int, *, at: datetime) -> Row:
    """Leave another option out of an offer, again and again, as its page asks for the amounts."""
    quote, link = an_offer(at=at)
    client = Client(SERVER_NAME="127.0.0.1")
    client.get(urlsplit(link).path)
    options = [str(pk) for pk in quote.lines.order_by("position").values_list("pk", flat=True)]
    address = reverse("quotes:portal_quote", args=[quote.pk])

    def send(number: int) -> Any:
        on = [pk for place, pk in enumerate(options) if place != number]
        picked = {"choosing": "1", "on": on}
        return client.get(address, picked, HTTP_HX_TARGET="offer-figures", **_HTMX)

    return Row(
        "a customer's choice, 200 options",
        _median_ms(send, range(times + 1)),
        100,
        "ms",
        "median; priced, hashed and scheduled anew",
        is_more_better=False,
    )


def _median_ms(send: Callable[[int], Any], numbers: Iterable[int]) -> float:
    seconds = []
    for number in numbers:
        started = perf_counter()
        answer = send(number)
        seconds.append(perf_counter() - started)
        if answer.status_code != HTTPStatus.OK:
            raise RuntimeError(f"The answer is {answer.status_code}: {answer.content[:300]!r}")
    return median(seconds[1:]) * 1000  # the first one warms up

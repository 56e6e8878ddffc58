"""What a rep waits for after each cell, and a customer after each tick."""

from collections.abc import Callable
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
from quotes.actions import head_of
from quotes.models import Quote

_HTMX: dict[str, Any] = {"HTTP_HX_REQUEST": "true"}


def edits(times: int, *, at: datetime) -> list[Row]:
    """Edit a long draft in each way, again and again, as its editor sends it; it stays as long."""
    quote = a_long_draft(at=at)
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(email="admin@brightline.example"))

    def send(name: str, *args: Any, **data: Any) -> float:
        data["seen"] = Quote.objects.get(pk=quote.pk).edit_version
        address = reverse(f"quotes:{name}", args=[quote.pk, *args])
        return _milliseconds(lambda: client.post(address, data, **_HTMX))

    phone = quote.lines.filter(product__sku="HANDSET").earliest("position")
    tops = [line.pk for line in quote.lines.exclude(kind="section") if head_of(line) is None]

    def once(number: int) -> dict[str, float]:
        return {
            "a cell": send("line", phone.pk, quantity=30 + number),
            "a line more": send("line_add", pick=f"{phone.product_id} 0 1"),
            "a line less": send("line_remove", quote.lines.latest("position").pk),
            "a line moved": send("lines_reorder", line=tops[-1 - number % 2], before=tops[0]),
            "five rows pasted": send("paste", text="HANDSET\t3\n" * 5, do="all"),
            "undo": send("undo"),
        }

    found = [once(number) for number in range(times + 1)][1:]  # the first one warms up
    note = "median; bundles, ramps, options, price rules; with all totals"
    return [
        Row(
            f"on a 200-line quote, {what}",
            median(one[what] for one in found),
            100,
            "ms",
            note,
            is_more_better=False,
        )
        for what in found[0]
    ]


def choice(times: int, *, at: datetime) -> Row:
    """Leave another option out of an offer, again and again, as its page asks for the amounts."""
    quote, link = an_offer(at=at)
    client = Client(SERVER_NAME="127.0.0.1")
    client.get(urlsplit(link).path)
    options = [str(pk) for pk in quote.lines.order_by("position").values_list("pk", flat=True)]
    address = reverse("quotes:portal_quote", args=[quote.pk])

    def send(number: int) -> float:
        on = [pk for place, pk in enumerate(options) if place != number]
        picked = {"choosing": "1", "on": on}
        of = {"HTTP_HX_TARGET": "offer-figures", **_HTMX}
        return _milliseconds(lambda: client.get(address, picked, **of))

    return Row(
        "a customer's choice, 200 options",
        median([send(number) for number in range(times + 1)][1:]),
        100,
        "ms",
        "median; priced, hashed and scheduled anew",
        is_more_better=False,
    )


def _milliseconds(send: Callable[[], Any]) -> float:
    started = perf_counter()
    answer = send()
    seconds = perf_counter() - started
    if answer.status_code != HTTPStatus.OK:
        raise RuntimeError(f"The answer is {answer.status_code}: {answer.content[:300]!r}")
    return seconds * 1000

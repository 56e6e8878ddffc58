"""The lines of a quote, read once for whoever works with all of them."""

from collections.abc import Iterable
from typing import Any

from q2c.catalog.models import Product
from q2c.identity.models import User
from quotes.models import Quote, QuoteLine

_HEADS = ("parent", "ramp_of", "setup_of")


def read_lines(quote: Quote) -> list[QuoteLine]:
    """Return a quote's lines in their order, each with its product, its heads, its negotiator.

    Those are read by set: a join would bring a product, or a whole head, once for every line.
    """
    lines = list(quote.lines.order_by("position"))
    by_id = {line.pk: line for line in lines}
    for name in _HEADS:
        _point(lines, name, by_id)
    _point(lines, "product", Product.objects.in_bulk(_ids(lines, "product")))
    if people := _ids(lines, "negotiated_by"):
        _point(lines, "negotiated_by", User.objects.in_bulk(people))
    return lines


def _ids(lines: Iterable[QuoteLine], name: str) -> set[int]:
    return {pk for line in lines if (pk := getattr(line, f"{name}_id"))}


def _point(lines: Iterable[QuoteLine], name: str, rows: dict[int, Any]) -> None:
    for line in lines:
        if pk := getattr(line, f"{name}_id"):
            setattr(line, name, rows[pk])

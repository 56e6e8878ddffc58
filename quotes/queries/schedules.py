"""The dated billing schedule of a stored quote."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import get_language

from q2c.catalog.models import Product
from q2c.kernel.money import Money
from q2c.kernel.naming import name_in
from q2c.kernel.proration import compare
from q2c.kernel.receipt import Receipt
from quotes.models import TEXT_KINDS, Quote, QuoteLine
from quotes.queries.accepted import accepted_quote
from quotes.queries.prices import quote_terms
from quotes.rules.schedule import (
    Instalment,
    Planned,
    by_month,
    instalments,
    on_shipment,
    receipts,
    schedule,
)


@dataclass(frozen=True, slots=True)
class CountedPart:
    """A part of a billing period: how it was counted, and what it would cost counted otherwise."""

    description: str
    receipt: Receipt
    otherwise: list[tuple[str, Money]]


@dataclass(frozen=True, slots=True)
class BillingSchedule:
    """What falls due and when; `months` is the cash of each month, `parts` how parts were counted.

    An instalment without a day is for goods, which are charged as they are shipped: together
    `on_shipment`. The months and it sum to the contract total.
    """

    instalments: list[Instalment]
    months: dict[date, Money]
    on_shipment: Money
    parts: list[CountedPart]


def planned_charges(quote: Quote, lines: Iterable[QuoteLine]) -> list[Planned]:
    """Return every fixed charge of a quote's term, from its lines' stored prices."""
    sold = (line for line in lines if line.kind not in TEXT_KINDS and line.is_sold)
    return schedule(sold, terms=quote_terms(quote))


def billing_schedule(
    quote: Quote, lines: Iterable[QuoteLine], planned: Sequence[Planned] | None = None
) -> BillingSchedule:
    """Return a quote's billing schedule as pages show it.

    `planned` are its charges, when somebody has reckoned them already.
    """
    lines = [line for line in lines if line.kind not in TEXT_KINDS and line.is_sold]
    planned = planned_charges(quote, lines) if planned is None else planned
    return BillingSchedule(
        instalments(planned, currency=quote.currency),
        by_month(planned, currency=quote.currency),
        on_shipment(planned, currency=quote.currency),
        _parts(quote, lines),
    )


def _parts(quote: Quote, lines: Iterable[QuoteLine]) -> list[CountedPart]:
    terms, language = quote_terms(quote), get_language() or "en"
    counted = [(line, found) for line in lines if (found := receipts(line, terms=terms))]
    sold = Product.objects.in_bulk({line.product_id for line, _receipts in counted})
    return [
        CountedPart(
            name_in(line.description, sold.get(line.product_id), language),
            receipt,
            _otherwise(receipt, quote.currency),
        )
        for line, found in counted
        for receipt in found
    ]


def _otherwise(receipt: Receipt, currency: str) -> list[tuple[str, Money]]:
    ways = compare(
        Money(receipt.price, currency),
        every=receipt.every,
        period=receipt.period,
        policy=receipt.policy,
        anchor=receipt.anchor,
    )
    found: dict[str, Money] = {}
    for policy, prorated in ways.items():
        if policy != receipt.policy:
            found.setdefault(policy.words(), prorated.amount)
    return list(found.items())


def agreed_schedule(quote_id: int) -> list[tuple[int, Planned]] | None:
    """Return the charges that the customer accepted, each with its line's id.

    None for a quote that was accepted elsewhere and brought in: it had no schedule.
    """
    quote = Quote.objects.get(pk=quote_id)
    if quote.external_ref is not None:
        return None
    lines: dict[int, Any] = {line.position: line for line in accepted_quote(quote_id).lines}
    planned = schedule(lines.values(), terms=quote_terms(quote))
    return [(lines[charge.position].id, charge) for charge in planned]

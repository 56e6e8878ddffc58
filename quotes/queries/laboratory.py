"""What quotes of the past would cost under other price rules; nothing is written."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from quotes.models import PriceRule, Quote, QuoteLine
from quotes.queries.price_rules import rule_set
from quotes.queries.prices import line_terms, quote_terms
from quotes.rules.pricing import PricedLine, Totals, price_quote


@dataclass(frozen=True, slots=True)
class Replay:
    """A quote's lines, each with its price then and under the rules looked at, and the totals."""

    quote: Quote
    on: date
    lines: list[tuple[QuoteLine, PricedLine, list[dict[str, Any]]]]
    totals: Totals


def rules_with(draft: PriceRule | None) -> list[PriceRule]:
    """Return the rules in force, with a draft in the place of the one that it replaces."""
    found = list(PriceRule.objects.filter(is_active=True))
    if draft is None or draft.is_active:
        return found
    return [*(rule for rule in found if rule.pk != draft.replaces_id), draft]


def replay(quote: Quote, stored: Sequence[PriceRule], *, on: date) -> Replay:
    """Price a stored quote as of a day with some rules, line by line."""
    lines = list(quote.lines.select_related("product").order_by("position"))
    rules = rule_set(quote, lines, stored, on=on)
    priced, totals = price_quote([line_terms(line) for line in lines], quote_terms(quote), rules)
    rows = [(line, price, price.way_to_json()) for line, price in zip(lines, priced, strict=True)]
    return Replay(quote, on, rows, totals)


@dataclass(frozen=True, slots=True)
class Impact:
    """What a trial found in one currency: totals before and after, and how many quotes moved."""

    currency: str
    before: Decimal
    after: Decimal
    moved: int
    count: int

    @property
    def difference(self) -> Decimal:
        return self.after - self.before


def impacts(rows: Sequence[Mapping[str, str]]) -> list[Impact]:
    """Sum a trial's rows by currency."""
    by_currency: dict[str, list[tuple[Decimal, Decimal, bool]]] = defaultdict(list)
    for row in rows:
        numbers = Decimal(row["before"]), Decimal(row["after"])
        by_currency[row["currency"]].append((*numbers, _is_moved(row)))
    return [
        Impact(
            currency,
            sum((before for before, _, _ in found), Decimal(0)),
            sum((after for _, after, _ in found), Decimal(0)),
            sum(is_moved for _, _, is_moved in found),
            len(found),
        )
        for currency, found in sorted(by_currency.items())
    ]


def stopped_by(replayed: Replay) -> set[str]:
    """Return in words what of a replayed quote may not be sold by the rules looked at."""
    return {
        f"{line.description}: {step['words']}"
        for line, _, way in replayed.lines
        for step in way
        if step["kind"] == "blocked"
    }


def _is_moved(row: Mapping[str, str]) -> bool:
    return row["before"] != row["after"] or bool(row.get("stopped"))


def movers(rows: Sequence[Mapping[str, str]], *, most: int = 50) -> list[Mapping[str, str]]:
    """Return the quotes that change most, by share of what they cost before; those stopped last."""
    moved = [row for row in rows if _is_moved(row) or row.get("problem")]
    return sorted(moved, key=_share, reverse=True)[:most]


def _share(row: Mapping[str, str]) -> Decimal:
    before, after = Decimal(row["before"]), Decimal(row["after"])
    return abs(after - before) / before if before else abs(after)

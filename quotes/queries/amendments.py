"""What an amendment changes, what that costs, and where things added may end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from q2c.kernel.money import Money, total
from q2c.kernel.periods import Period
from q2c.kernel.proration_policy import Credit
from q2c.kernel.rating import ChargeKind
from quotes.models import TEXT_KINDS, LineChange, Quote, QuoteLine
from quotes.queries.groups import beat_of
from quotes.queries.prices import line_terms, quote_terms
from quotes.rules.amending import (
    Bridge,
    Coterm,
    Effects,
    ItemChange,
    Settlement,
    Stretch,
    bridge,
    coterm_end,
    settle,
)
from quotes.rules.pricing import QuoteTerms, price_line
from quotes.rules.running import Before


@dataclass(frozen=True, slots=True)
class AmendedLine:
    """A line of an amendment with the item as it was, and what is due because of it at once."""

    line: QuoteLine
    before: Before | None
    settlement: Settlement | None

    @property
    def last_day(self) -> date | None:
        return self.line.ends_on - timedelta(days=1) if self.line.ends_on else None

    @property
    def beat(self) -> str:
        """How it is invoiced, of a price that is for other months."""
        return beat_of(self.line) if self.line.price_months else ""

    @property
    def is_by_usage(self) -> bool:
        """Whether nothing but use is charged, so that no amount a period can be named."""
        fixed = self.line.net_per_period or (self.before and self.before.net_per_period)
        return self.line.charge_kind == "usage" and not fixed


@dataclass(frozen=True, slots=True)
class Amendment:
    """All that an amendment does, as far as it falls due by a day: `credit` and `charge`."""

    rows: list[AmendedLine]
    bridge: Bridge
    credit: Money
    charge: Money

    @property
    def ends_everything(self) -> bool:
        """Whether nothing of the contract goes on."""
        return bool(self.rows) and all(row.line.change == LineChange.REMOVE for row in self.rows)

    @property
    def net(self) -> Money:
        return self.charge - self.credit

    @property
    def bridge_rows(self) -> list[tuple[str, Effects]]:
        return [
            ("Recurring a year", self.bridge.arr),
            ("Rest of the contract", self.bridge.tcv),
            ("Falls due within a year", self.bridge.cash),
            ("Next invoice", self.bridge.next_invoice),
        ]

    @property
    def changes(self) -> list[AmendedLine]:
        return [row for row in self.rows if row.settlement is not None]


def amendment_of(quote: Quote, lines: Sequence[QuoteLine], *, on: date) -> Amendment:
    """Return what an amendment does, seen from a day: the next invoice is of that day or later."""
    terms = quote_terms(quote)
    by = max(on, quote.starts_on)
    rows, changes, kept = [], [], []
    for line in lines:
        if line.kind in (*TEXT_KINDS, "bundle") or not line.is_chosen:
            continue
        before = before_of(line) if line.before else None
        change = None
        if line.change == LineChange.KEEP:
            assert before is not None, "a kept line has its item"
            kept.append(_before(line, before, terms))
        else:
            change = _change(line, before, terms)
            changes.append(change)
        currency = quote.currency
        settled = settle(change, by=by, currency=currency) if change else None
        rows.append(AmendedLine(line, before, settled))
    settled_all = [row.settlement for row in rows if row.settlement]
    return Amendment(
        rows=rows,
        bridge=bridge(changes, kept, on=quote.starts_on, by=by, currency=quote.currency),
        credit=total((one.credit for one in settled_all), quote.currency),
        charge=total((one.charge for one in settled_all), quote.currency),
    )


@dataclass(frozen=True, slots=True)
class AmendedItem:
    """A subscription item that an amendment names, with its end as the draft knew it."""

    id: int
    ends_on: date


def amended_items(quote_id: int) -> tuple[int, date, list[AmendedItem]] | None:
    """Return an amendment's contract, its day and its items; None for a quote that is none."""
    quote = Quote.objects.get(pk=quote_id)
    if quote.amends_contract_id is None:
        return None
    lines = quote.lines.exclude(change="").order_by("position")
    items = [AmendedItem(line.item_id or 0, before_of(line).ends_on) for line in lines]
    return quote.amends_contract_id, quote.starts_on, items


def before_of(line: QuoteLine) -> Before:
    """Return the item that a line of an amendment names, as it was."""
    return Before.from_json(line.before)


def coterm_ends(quote: Quote, *, own_months: int) -> dict[Coterm, date]:
    """Return the first day without a thing added, for each choice of its end."""
    befores = [Before.from_json(b) for b in quote.lines.values_list("before", flat=True) if b]
    contract_end = contract_end_of(quote)
    return {
        choice: coterm_end(
            choice,
            starts_on=quote.starts_on,
            contract_end=contract_end,
            ends=[before.ends_on for before in befores],
            months=own_months,
        )
        for choice in Coterm
    }


def contract_end_of(quote: Quote) -> date:
    """Return the day after the last of the contract's present term."""
    assert quote.amended_ends_on is not None, "an amendment knows its contract's end"
    return quote.amended_ends_on


def _change(line: QuoteLine, before: Before | None, terms: QuoteTerms) -> ItemChange:
    if before is None:
        return ItemChange(line.description, None, _after(line, terms))
    old = _before(line, before, terms)
    if line.change == LineChange.REMOVE:
        return ItemChange(line.description, old, None)
    new = _after(line, terms)
    many = _with_net(old, _net_at_old_price(line, before, terms))
    return ItemChange(line.description, old, new, many, _with_net(old, new.net))


def _net_at_old_price(line: QuoteLine, before: Before, terms: QuoteTerms) -> Money:
    """Return the new quantity's net a period at the old price and discount; a fee of use is one."""
    if line.charge_kind == ChargeKind.USAGE or line.quantity == before.quantity:
        return Money.rounded(before.net_per_period, terms.currency)
    old = replace(
        line_terms(line),
        agreed_unit_price=None if line.tiers else before.unit_price,
        discount_percent=before.discount_percent,
    )
    return price_line(old, terms).net_per_period


def _before(line: QuoteLine, before: Before, terms: QuoteTerms) -> Stretch:
    assert line.starts_on is not None, "an item's line has its days"
    is_alone = terms.policy.credit is Credit.REMAINING_SHARE
    return Stretch(
        net=Money.rounded(before.net_per_period, terms.currency),
        days=Period(line.starts_on, before.ends_on),
        since=line.starts_on if is_alone else before.since,
        billing=terms.billing(line),
        in_advance=_is_in_advance(line),
    )


def _after(line: QuoteLine, terms: QuoteTerms) -> Stretch:
    start = line.starts_on or terms.term.start
    is_once = line.charge_kind == ChargeKind.ONE_TIME
    return Stretch(
        net=Money.rounded(line.net_per_period, terms.currency),
        days=Period(start, line.ends_on or terms.term.end),
        since=start,
        billing=None if is_once else terms.billing(line),
        in_advance=_is_in_advance(line),
        is_shipped=line.kind == "goods",
    )


def _is_in_advance(line: QuoteLine) -> bool:
    return line.in_advance and line.charge_kind != ChargeKind.USAGE


def _with_net(stretch: Stretch, net: Money) -> Stretch:
    return Stretch(net, stretch.days, stretch.since, stretch.billing, stretch.in_advance)

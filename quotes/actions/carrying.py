"""Lines that carry on what a customer's subscription holds, at the price it has there."""

from datetime import date, timedelta
from decimal import Decimal

from q2c.kernel.rating import ChargeModel
from quotes.models import LineChange, Quote, QuoteKind, QuoteLine
from quotes.queries import before_of, line_terms, quote_terms
from quotes.rules.pricing import price_line
from quotes.rules.running import RunningItem

RESTORED = ("quantity", "agreed_unit_price", "discount_percent", "ends_on")
_COPIED = (
    "product_id", "product_version", "description", "note", "kind", "charge_kind", "months",
    "weeks", "price_months", "in_advance", "unit", "tax_class", "revenue_pattern", "unit_cost", "is_adjustment",
    "floor_unit_price", "min_margin_percent",
)  # fmt: skip


def carried_lines(quote: Quote, items: list[RunningItem]) -> list[QuoteLine]:
    """Return unsaved lines of a quote for items, each at the item's own price and quantity."""
    sources = QuoteLine.objects.in_bulk([item.quote_line_id for item in items])
    return [
        _carried(quote, item, sources[item.quote_line_id], position)
        for position, item in enumerate(items, start=1)
    ]


def _carried(quote: Quote, item: RunningItem, source: QuoteLine, position: int) -> QuoteLine:
    line = QuoteLine(
        quote=quote,
        position=position,
        charge_model=item.charge_model,
        tiers=item.tiers,
        quantity=item.quantity,
        list_unit_price=source.list_unit_price,
        discount_percent=item.discount_percent,
        is_contract_price=True,
        **{name: getattr(source, name) for name in _COPIED},
    )
    if line.is_adjustment or line.tiers or source.charge_model != item.charge_model:
        line.list_unit_price = item.unit_price
    elif item.unit_price != source.list_unit_price:
        line.agreed_unit_price = item.unit_price
    if line.is_adjustment:
        line.discount_percent = Decimal(0)
    _keep_net(line, quote, item)
    return line


def _keep_net(line: QuoteLine, quote: Quote, item: RunningItem) -> None:
    """Mend what several discounts, rounded one by one, cost other than all of them together."""
    if line.charge_kind != "recurring" or line.tiers or line.is_adjustment or not line.quantity:
        return
    if (
        price_line(line_terms(line), quote_terms(quote)).net_per_period.amount
        != item.net_per_period
    ):
        line.agreed_unit_price = round(item.net_per_period / line.quantity, 8)
        line.discount_percent = Decimal(0)


def unit_price_of(line: QuoteLine) -> Decimal:
    """Return what a line charges a unit before its discount."""
    agreed = line.agreed_unit_price
    return line.list_unit_price if agreed is None else agreed


def set_price(line: QuoteLine, price: Decimal) -> None:
    """Give a line a price a unit; the list price is no agreed one."""
    line.agreed_unit_price = None if price == line.list_unit_price else price


def price_for(line: QuoteLine, months: int) -> None:
    """Say for how many months a line's price is (0: its billing period).

    What it costs us and a price agreed for it are for as long, so they follow, rounded to eight
    decimals; an agreed percentage is one of any months.
    """
    was, now = line.price_months or line.months, months or line.months
    line.price_months = months
    if was == now:
        return
    if line.unit_cost is not None:
        line.unit_cost = round(line.unit_cost * now / was, 8)
    if line.agreed_unit_price is not None and line.charge_model != ChargeModel.PERCENT_OF:
        line.agreed_unit_price = round(line.agreed_unit_price * now / was, 8)


def change_of(line: QuoteLine) -> LineChange:
    """Return whether an item's line, as it stands, keeps or changes the item; new ones do neither."""
    if not line.before:
        return LineChange.NONE
    before = before_of(line)
    now = (line.quantity, unit_price_of(line), line.discount_percent, line.ends_on)
    was = (before.quantity, before.unit_price, before.discount_percent, before.ends_on)
    return LineChange.KEEP if now == was else LineChange.CHANGE


def mark_ended(line: QuoteLine) -> None:
    """Let an amendment's line end its item, without saving."""
    restore(line)
    line.change = LineChange.REMOVE


def restore(line: QuoteLine) -> None:
    """Give a line the values of its item again, without saving."""
    before = before_of(line)
    line.quantity, line.ends_on = before.quantity, before.ends_on
    line.discount_percent = before.discount_percent
    set_price(line, before.unit_price)


def cover(quote: Quote, until: date | None = None) -> None:
    """Let an amendment last until its last line ends, or a day beyond; others have their own term."""
    if quote.kind != QuoteKind.AMENDMENT:
        return
    days = [day for day in quote.lines.values_list("ends_on", flat=True) if day] if quote.pk else []
    end = max(filter(None, [*days, until, quote.ends_on if until else None]))
    quote.ends_on = end
    last = end - timedelta(days=1)
    months = (last.year - quote.starts_on.year) * 12 + last.month - quote.starts_on.month
    quote.term_months = min(max(months + (last.day >= quote.starts_on.day), 1), 120)

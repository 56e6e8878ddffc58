"""How a price opens on a quote: a trial, periods that cost nothing, and a fee once."""

from collections.abc import Sequence
from copy import copy
from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import override

from q2c.catalog.models import ProductKind
from q2c.kernel.errors import Refused
from q2c.kernel.naming import name_in
from q2c.kernel.periods import step
from q2c.kernel.rating import ChargeKind, ChargeModel
from quotes.actions.ordering import renumber
from quotes.models import Price, Quote, QuoteLine
from quotes.queries import quote_terms

HUNDRED = Decimal(100)


def first_day(price: Price, quote: Quote) -> date | None:
    """Return the first day that a price is charged for; None: the quote's own.

    It is the day after the trial. What goes by usage starts after its free periods too: measured
    use has no quantity to give away.
    """
    start = quote.starts_on + timedelta(days=price.trial_days)
    if price.charge_kind == ChargeKind.USAGE and price.free_periods:
        start = _after(price, start)
    if start == quote.starts_on:
        return None
    _check_in_term(price, start, quote)
    return start


def open_lines(quote: Quote, lines: Sequence[tuple[QuoteLine, Price]], *, position: int) -> None:
    """Write what opens saved lines: after a first segment that is free the one that is paid, and set-up fees.

    All of it stands on the quote as lines and may be changed or taken off.
    """
    found = [more for line, price in lines for more in opening(line, price, quote)]
    free = [line for line, _ in lines if line.free_until]
    QuoteLine.objects.bulk_update(free, ["ends_on", "discount_percent", "free_until"])
    for place, line in enumerate(found, start=position):
        line.position = place
    if found:
        QuoteLine.objects.bulk_create(found)
        renumber(quote)


def opening(line: QuoteLine, price: Price, quote: Quote) -> list[QuoteLine]:
    """Return the unsaved lines that a line opens with, which becomes free itself where that is its price."""
    found = []
    if price.free_periods and price.charge_kind == ChargeKind.RECURRING:
        paid_from = _after(price, line.starts_on or quote.starts_on)
        _check_in_term(price, paid_from, quote)
        paid = copy(line)
        paid.pk, paid.ramp_of, paid.starts_on = None, line, paid_from
        found.append(paid)
        line.ends_on, line.discount_percent = paid_from, HUNDRED
        line.free_until = paid_from
    if price.setup_fee:
        found.append(setup_line(line, price.setup_fee))
    return found


def setup_line(line: QuoteLine, fee: Decimal) -> QuoteLine:
    """Return an unsaved line for the fee once that comes with a line."""
    language = line.quote.customer.language
    with override(language):
        what = name_in(line.description, line.product, language)
        name = _("Set-up: %(what)s") % {"what": what}
    return QuoteLine(
        quote=line.quote,
        parent=line.parent,
        setup_of=line,
        product=line.product,
        product_version=line.product_version,
        description=name[:300],
        kind=ProductKind.SERVICE,
        charge_kind=ChargeKind.ONE_TIME.value,
        charge_model=ChargeModel.FLAT.value,
        unit="piece",
        tax_class=line.tax_class,
        revenue_pattern="point_in_time",
        quantity=Decimal(1),
        list_unit_price=fee,
    )


def give_way(line: QuoteLine) -> None:
    """Before a free first segment is taken off, let what follows it start in its place."""
    if not line.is_free_by_list:
        return
    rest = sorted(line.segments.all(), key=lambda segment: segment.starts_on or date.min)
    if not rest:
        return
    head = rest[0]
    head.ramp_of, head.starts_on = None, line.starts_on
    head.save(update_fields=["ramp_of", "starts_on"])
    QuoteLine.objects.filter(pk__in=[segment.pk for segment in rest[1:]]).update(ramp_of=head)
    line.setup_fees.update(setup_of=head)


def _after(price: Price, start: date) -> date:
    last = step(start, months=price.months, weeks=price.weeks, number=price.free_periods - 1)
    return last.end


def _check_in_term(price: Price, start: date, quote: Quote) -> None:
    term = quote_terms(quote).term
    if start >= term.end:
        raise Refused(
            f"{price.product.name} costs nothing until {start:%d %b %Y}, but the quote ends on "
            f"{term.last_day:%d %b %Y}. Make its term longer.",
            field="product",
        )

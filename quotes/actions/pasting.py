"""Add rows pasted from a spreadsheet: all of them, or the good ones, as asked."""

from datetime import datetime

from django.db import transaction

from q2c.catalog.models import ProductKind
from q2c.catalog.queries import Costs
from q2c.identity.models import User
from q2c.kernel.errors import Refused
from quotes.actions.bundling import NewLine, line_at, name_of
from quotes.actions.configuring import add_bundle
from quotes.actions.drafting import draft_of, saved
from quotes.actions.opening import open_lines
from quotes.actions.ordering import next_position
from quotes.actions.repricing import reprice
from quotes.models import Price, Quote, QuoteLine
from quotes.queries import Understood, understood_rows


@transaction.atomic
def paste_lines(
    quote_id: int, text: str, *, only_good: bool, by: User, at: datetime, grouping: str = ","
) -> Quote:
    """Add the lines that pasted rows mean.

    A row that is wrong stops all of them, unless `only_good` are asked for. `grouping` is the mark
    between thousands where the rows are read.
    """
    quote = draft_of(quote_id, by=by, seen=None, cells=())
    rows = understood_rows(quote, text, grouping=grouping)
    bad = [row for row in rows if row.problem]
    if bad and not only_good:
        words = "; ".join(f"row {row.row.number}: {row.problem}" for row in bad[:5])
        said = f"{words[0].upper()}{words[1:]}".removesuffix(".")
        raise Refused(f"Nothing was added. {said}.", field="text")
    good = [row for row in rows if not row.problem]
    if not good:
        raise Refused("None of the rows can be added.", field="text")
    _add(quote, good, by=by, at=at)
    reprice(quote)
    return saved(quote, by=by, at=at, changes={"pasted": ["", f"{len(good)} lines"]})


def _add(quote: Quote, rows: list[Understood], *, by: User, at: datetime) -> None:
    costs = Costs([row.product.pk for row in rows if row.product])
    fresh: list[tuple[QuoteLine, Price]] = []
    position = next_position(quote)
    for row in rows:
        assert row.product is not None, "a good row has its product"
        if row.product.kind == ProductKind.BUNDLE:
            _write(quote, fresh, position)
            fresh = []
            new = NewLine(
                product_id=row.product.pk,
                quantity=row.row.quantity,
                discount_percent=row.row.discount_percent,
            )
            add_bundle(quote, row.product, new)
            position = next_position(quote)
            continue
        assert row.price is not None, "a good row has its price"
        line = line_at(row.price, quote, row.row.quantity, position + len(fresh), costs=costs)
        line.description = row.row.description or name_of(row.product, quote)
        line.discount_percent = row.row.discount_percent
        line.agreed_unit_price = row.row.unit_price
        if line.discount_percent or line.agreed_unit_price is not None:
            line.negotiated_by, line.negotiated_at = by, at
        fresh.append((line, row.price))
    _write(quote, fresh, position)


def _write(quote: Quote, fresh: list[tuple[QuoteLine, Price]], position: int) -> None:
    """Write lines, and what their prices open with, as if each had been added alone."""
    QuoteLine.objects.bulk_create([line for line, _ in fresh])
    open_lines(quote, fresh, position=position + len(fresh))

"""Add lines to a draft and take them off."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from q2c.catalog.models import Product, ProductKind
from q2c.identity.models import User
from q2c.kernel.errors import Refused
from q2c.kernel.money import round_amount
from q2c.kernel.rating import plain
from quotes.actions.adjusting import adjustment_like
from quotes.actions.bundling import NewLine, check_sold, product_line
from quotes.actions.carrying import mark_ended
from quotes.actions.cells import check_quantity
from quotes.actions.configuring import add_bundle, check_bundles_of
from quotes.actions.drafting import draft_of, saved
from quotes.actions.journal import WHOLE
from quotes.actions.opening import give_way
from quotes.actions.ordering import next_position, renumber
from quotes.actions.repricing import reprice
from quotes.models import TEXT_KINDS, Quote, QuoteLine
from quotes.rules.pricing import check_percent


@dataclass(frozen=True, kw_only=True)
class NewAdjustment:
    """A signed amount a billing period, billed and taxed like the line with the id `like`."""

    description: str
    amount: Decimal
    like: int


@transaction.atomic
def add_line(
    quote_id: int, new: NewLine, *, by: User, at: datetime, seen: int | None = None
) -> QuoteLine:
    """Add a product at the price book's list price; a bundle brings its chosen options.

    Refuses products not sold on the quote's first day or without a price then, and
    options out of their bounds.
    """
    quote = draft_of(quote_id, by=by, seen=seen, cells=())
    line, words = put_line(quote, new)
    reprice(quote)
    saved(quote, by=by, at=at, changes=words)
    return quote.lines.get(pk=line.pk)


def put_line(quote: Quote, new: NewLine) -> tuple[QuoteLine, dict[str, list[str]]]:
    """Write a product's line, or those of a bundle, prices not yet; returns the history's words, too."""
    product = Product.objects.filter(pk=new.product_id).first()
    if product is None:
        raise Refused("Choose one of our products.", field="product")
    check_sold(product, quote)
    check_quantity(new.quantity)
    check_percent(new.discount_percent)
    if product.kind == ProductKind.BUNDLE:
        line = add_bundle(quote, product, new)
    else:
        line = product_line(quote, new, next_position(quote))
    return line, {"line": ["", f"{plain(new.quantity)} × {product.name}"]}


@transaction.atomic
def add_adjustment(
    quote_id: int, new: NewAdjustment, *, by: User, at: datetime, seen: int | None = None
) -> QuoteLine:
    """Add a negotiated adjustment as a line of its own: a signed amount a billing period."""
    quote = draft_of(quote_id, by=by, seen=seen, cells=())
    like = quote.lines.filter(pk=new.like).first()
    unfit = (ProductKind.BUNDLE, *TEXT_KINDS)
    if like is None or like.kind in unfit or like.charge_kind == "usage":
        raise Refused("Choose the line that the adjustment belongs to.", field="like")
    if not new.amount or new.amount != round_amount(new.amount, quote.currency):
        raise Refused(f"Give an amount in {quote.currency} that is not zero.", field="amount")
    line = adjustment_like(like, amount=new.amount, description=new.description)
    line.quote, line.position = quote, next_position(quote)
    line.save()
    reprice(quote)
    saved(
        quote,
        by=by,
        at=at,
        changes={"adjustment": ["", f"{line.description}: {new.amount} {quote.currency}"]},
    )
    return quote.lines.get(pk=line.pk)


@transaction.atomic
def remove_lines(
    quote_id: int,
    line_ids: Collection[int],
    *,
    by: User,
    at: datetime,
    seen: int | None = None,
) -> Quote:
    """Take lines off a draft: a bundle with its options, a ramp with its segments.

    What is paid stays where only its free beginning is taken off.
    """
    cells = [(str(pk), WHOLE) for pk in line_ids]
    quote = draft_of(quote_id, by=by, seen=seen, cells=cells)
    lines = list(quote.lines.filter(pk__in=line_ids).select_related("parent"))
    words = {f"line {line.position}": [line.description, ""] for line in lines}
    if not words:
        raise Refused("This line was removed meanwhile. Reload the page to see the quote.")
    for line in lines:
        give_way(line)
        if line.before:  # in an amendment what runs is ended, not forgotten
            mark_ended(line)
            line.save()
    quote.lines.filter(pk__in=line_ids, before={}).delete()
    bundles = {line.parent for line in lines if line.parent and line.parent_id not in line_ids}
    if bundles:
        check_bundles_of(bundles, quote, list(quote.lines.all()), field="lines")
    renumber(quote)
    reprice(quote)
    return saved(quote, by=by, at=at, changes=words)


@transaction.atomic
def remove_line(line_id: int, *, by: User, at: datetime, seen: int | None = None) -> Quote:
    """Take one line off a draft."""
    line = QuoteLine.objects.filter(pk=line_id).first()
    if line is None:
        raise Refused("This line was removed meanwhile. Reload the page to see the quote.")
    return remove_lines(line.quote_id, [line_id], by=by, at=at, seen=seen)

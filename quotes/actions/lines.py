"""Add, change, move and remove the lines of a draft."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from q2c.catalog.models import Product, ProductKind
from q2c.identity.models import User
from q2c.kernel.errors import Refused
from q2c.kernel.money import round_amount
from q2c.kernel.rating import plain
from quotes.actions.bundling import NewLine, check_sold, product_line
from quotes.actions.configuring import add_bundle, check_bundle_of, lines_by_path, scale
from quotes.actions.drafting import draft_of, saved
from quotes.actions.ordering import next_position, renumber
from quotes.actions.repricing import reprice
from quotes.models import TEXT_KINDS, Quote, QuoteLine
from quotes.rules.pricing import check_percent

LINE = ("quantity", "discount_percent", "description", "agreed_unit_price", "price_reason")


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
    quote = draft_of(quote_id, by=by, seen=seen)
    product = Product.objects.filter(pk=new.product_id).first()
    if product is None:
        raise Refused("Choose one of our products.", field="product")
    check_sold(product, quote)
    _check_quantity(new.quantity)
    check_percent(new.discount_percent)
    if product.kind == ProductKind.BUNDLE:
        line = add_bundle(quote, product, new)
    else:
        line = product_line(quote, new, next_position(quote))
    reprice(quote)
    saved(quote, by=by, at=at, changes={"line": ["", f"{plain(new.quantity)} × {product.name}"]})
    return QuoteLine.objects.get(pk=line.pk)


@transaction.atomic
def add_adjustment(
    quote_id: int, new: NewAdjustment, *, by: User, at: datetime, seen: int | None = None
) -> QuoteLine:
    """Add a negotiated adjustment as a line of its own: a signed amount a billing period."""
    quote = draft_of(quote_id, by=by, seen=seen)
    like = quote.lines.filter(pk=new.like).first()
    unfit = (ProductKind.BUNDLE, *TEXT_KINDS)
    if like is None or like.kind in unfit or like.charge_kind == "usage":
        raise Refused("Choose the line that the adjustment belongs to.", field="like")
    if not new.amount or new.amount != round_amount(new.amount, quote.currency):
        raise Refused(f"Give an amount in {quote.currency} that is not zero.", field="amount")
    line = QuoteLine.objects.create(
        quote=quote,
        position=next_position(quote),
        product=like.product,
        description=new.description.strip()[:300] or "Negotiated adjustment",
        kind=like.kind,
        charge_kind=like.charge_kind,
        months=like.months,
        weeks=like.weeks,
        in_advance=like.in_advance,
        charge_model="per_unit",
        unit="adjustment",
        tax_class=like.tax_class,
        revenue_pattern=like.revenue_pattern,
        quantity=Decimal(1),
        list_unit_price=new.amount,
        is_adjustment=True,
    )
    reprice(quote)
    saved(
        quote,
        by=by,
        at=at,
        changes={"adjustment": ["", f"{line.description}: {new.amount} {quote.currency}"]},
    )
    return QuoteLine.objects.get(pk=line.pk)


@transaction.atomic
def change_line(
    line_id: int, changes: Mapping[str, Any], *, by: User, at: datetime, seen: int | None = None
) -> QuoteLine:
    """Change a line's quantity, discount or description; options follow their bundle.

    Refuses quantities out of an option's bounds and discounts on an adjustment.
    """
    line, quote = _line(line_id, by=by, seen=seen)
    if unknown := set(changes) - set(LINE):
        raise Refused(f"{', '.join(sorted(unknown))} cannot be changed on a line.")
    before = {name: getattr(line, name) for name in changes}
    if "quantity" in changes:
        _change_quantity(line, changes["quantity"])
    if "discount_percent" in changes:
        check_percent(changes["discount_percent"])
    if "description" in changes and not 1 <= len(changes["description"].strip()) <= 300:
        raise Refused("A description has 1 to 300 characters.", field="description")
    for name, value in changes.items():
        setattr(line, name, value)
    line.save(update_fields=list(changes))
    if "quantity" in changes and line.parent is not None:
        check_bundle_of(line, quote, field="quantity")
    if line.kind == ProductKind.BUNDLE and "discount_percent" in changes:
        below = [child.pk for child in lines_by_path(line, quote.lines.all()).values()]
        QuoteLine.objects.filter(pk__in=below).update(discount_percent=changes["discount_percent"])
    reprice(quote)
    changed = {
        f"{line.description}, {name.replace('_', ' ')}": [_words(old), _words(changes[name])]
        for name, old in before.items()
        if old != changes[name]
    }
    saved(quote, by=by, at=at, changes=changed)
    return QuoteLine.objects.get(pk=line.pk)


@transaction.atomic
def remove_line(line_id: int, *, by: User, at: datetime, seen: int | None = None) -> Quote:
    """Take a line, and with a bundle all its options, off a draft."""
    line, quote = _line(line_id, by=by, seen=seen)
    line.delete()
    if line.parent is not None:
        check_bundle_of(line.parent, quote, field="lines")
    reprice(quote)
    return saved(quote, by=by, at=at, changes={"line": [line.description, ""]})


@transaction.atomic
def move_line(line_id: int, *, up: bool, by: User, at: datetime, seen: int | None = None) -> Quote:
    """Move a line (a bundle with its options) one place up or down among its like."""
    line, quote = _line(line_id, by=by, seen=seen)
    siblings = list(quote.lines.filter(parent=line.parent_id).order_by("position"))
    here = next(i for i, sibling in enumerate(siblings) if sibling.pk == line.pk)
    there = here + (-1 if up else 1)
    if 0 <= there < len(siblings):
        siblings[here], siblings[there] = siblings[there], siblings[here]
        renumber(quote, {sibling.pk: place for place, sibling in enumerate(siblings)})
    return saved(quote, by=by, at=at, changes={})


def _line(line_id: int, *, by: User, seen: int | None) -> tuple[QuoteLine, Quote]:
    line = QuoteLine.objects.filter(pk=line_id).first()
    if line is None:
        raise Refused("This line was removed meanwhile. Reload the page to see the quote.")
    quote = draft_of(line.quote_id, by=by, seen=seen)
    line.refresh_from_db()
    return line, quote


def _change_quantity(line: QuoteLine, quantity: Decimal) -> None:
    _check_quantity(quantity)
    if line.is_adjustment:
        raise Refused("An adjustment stands once; change its amount instead.", field="quantity")
    if line.kind == ProductKind.BUNDLE:
        scale(line, quantity, line.quote.lines.all())


def _check_quantity(quantity: Decimal) -> None:
    if not 0 < quantity <= Decimal(10) ** 9:
        raise Refused("A quantity lies above 0 and below a billion.", field="quantity")
    if quantity != round(quantity, 6):
        raise Refused("A quantity has at most six decimals.", field="quantity")


def _words(value: object) -> str:
    return plain(value) if isinstance(value, Decimal) else str(value)

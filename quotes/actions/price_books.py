"""List prices: what a product costs in a book from a day on."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from q2c.catalog.models import Product, ProductKind
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.locks import locked
from q2c.kernel.bands import in_words, read_tiers
from q2c.kernel.errors import Refused
from q2c.kernel.percent import read_limits
from q2c.kernel.rating import TIERED, ChargeKind, ChargeModel, check_tiers, plain
from quotes.events import PriceBookEdited
from quotes.models import Price, PriceBook

_KINDS = {
    ProductKind.GOODS: ChargeKind.ONE_TIME,
    ProductKind.SERVICE: None,  # once, or every so many months
    ProductKind.SUBSCRIPTION: ChargeKind.RECURRING,
    ProductKind.USAGE: ChargeKind.USAGE,
}


@dataclass(frozen=True, kw_only=True)
class PriceDraft:
    """A price as told: per unit and billing period of `months` (0: once), in the book's currency.

    No discount goes below `floor_unit_price`.

    `tiers` are rows of up_to (None: without end), unit_price and flat_fee, all as decimal strings.
    """

    product_id: int
    months: int
    charge_model: str
    unit_price: Decimal = Decimal(0)
    tiers: tuple[dict[str, Any], ...] = ()
    in_advance: bool = True
    starts_on: date
    ends_on: date | None = None
    floor_unit_price: Decimal | None = None


@transaction.atomic
def set_price(price_book_id: int, draft: PriceDraft, *, by: User, at: datetime) -> Price:
    """Say what a product lists at from a day; the price before it ends on that day."""
    require(by, Permission.EDIT_CATALOG)
    book = locked(PriceBook, price_book_id)
    product = Product.objects.filter(pk=draft.product_id).first()
    if product is None or product.kind == ProductKind.BUNDLE:
        raise Refused("Choose a product; a bundle is priced by its options.", field="product")
    kind = _check(draft, product)
    same = Price.objects.filter(price_book=book, product=product, months=draft.months)
    if same.filter(starts_on=draft.starts_on).exists():
        raise Refused(
            f"{product.name} has a price from {draft.starts_on:%d %b %Y} already: change that one.",
            field="starts_on",
        )
    _check_overlap(draft, same.filter(starts_on__gt=draft.starts_on))
    values = asdict(draft) | {"tiers": list(draft.tiers), "charge_kind": kind.value}
    price = Price.objects.create(price_book=book, **values)
    earlier = same.filter(starts_on__lt=draft.starts_on)
    earlier.filter(ends_on=None).update(ends_on=draft.starts_on)
    earlier.filter(ends_on__gt=draft.starts_on).update(ends_on=draft.starts_on)
    _publish(book, {_label(product, draft): ["", _words(draft)]}, by=by, at=at)
    return price


@transaction.atomic
def change_price(price_id: int, draft: PriceDraft, *, by: User, at: datetime) -> Price:
    """Correct a price; quotes keep what they copied. Product and billing period stay."""
    require(by, Permission.EDIT_CATALOG)
    price = Price.objects.select_related("product", "price_book").filter(pk=price_id).first()
    if price is None:
        raise Refused("There is no such price; somebody may have removed it.")
    book = locked(PriceBook, price.price_book_id)
    if (draft.product_id, draft.months) != (price.product_id, price.months):
        raise Refused("A price stays with its product and period: add another.", field="months")
    _check(draft, price.product)
    same_day = Price.objects.filter(
        price_book=book,
        product=price.product,
        months=price.months,
        starts_on=draft.starts_on,
    )
    if same_day.exclude(pk=price.pk).exists():
        raise Refused("Another price starts on that day.", field="starts_on")
    others = Price.objects.filter(
        price_book=book, product=price.product, months=price.months
    ).exclude(pk=price.pk)
    _check_overlap(draft, others.filter(starts_on__gt=draft.starts_on))
    before_it = others.filter(starts_on__lt=draft.starts_on)
    if before_it.filter(Q(ends_on=None) | Q(ends_on__gt=draft.starts_on)).exists():
        raise Refused(
            "Another price of this product is still in force on that day: end it first.",
            field="starts_on",
        )
    before = _words(price)
    for name, value in asdict(draft).items():
        setattr(price, name, list(value) if name == "tiers" else value)
    price.save()
    _publish(book, {_label(price.product, draft): [before, _words(draft)]}, by=by, at=at)
    return price


def _check_overlap(draft: PriceDraft, later: QuerySet[Price]) -> None:
    """Refuse a price that runs into the next one of its product."""
    following = later.order_by("starts_on").first()
    if following and (draft.ends_on is None or draft.ends_on > following.starts_on):
        raise Refused(
            f"From {following.starts_on:%d %b %Y} another price holds: this one must end by then.",
            field="ends_on",
        )


def _check(draft: PriceDraft, product: Product) -> ChargeKind:
    kind = _KINDS[ProductKind(product.kind)]
    if kind is None:
        kind = ChargeKind.RECURRING if draft.months else ChargeKind.ONE_TIME
    if (draft.months == 0) != (kind is ChargeKind.ONE_TIME) or draft.months > 120:
        words = "once (0 months)" if kind is ChargeKind.ONE_TIME else "every 1 to 120 months"
        raise Refused(f"{product.name} is charged {words}.", field="months")
    _check_amounts(draft)
    if draft.ends_on is not None and draft.ends_on <= draft.starts_on:
        raise Refused("The price must end after it starts.", field="ends_on")
    model = ChargeModel(draft.charge_model)
    if model is ChargeModel.PERCENT_OF:
        _check_percent(draft, product, kind)
    elif model in TIERED:
        check_tiers(model, read_tiers(draft.tiers))
    elif draft.tiers:
        raise Refused(f"{model.label} prices have no tiers.", field="tiers")
    return kind


def _check_amounts(draft: PriceDraft) -> None:
    if draft.unit_price < 0:
        raise Refused("A price cannot be negative.", field="unit_price")
    if draft.floor_unit_price is not None and draft.floor_unit_price < 0:
        raise Refused("A floor cannot be negative.", field="floor_unit_price")


def _check_percent(draft: PriceDraft, product: Product, kind: ChargeKind) -> None:
    if kind is ChargeKind.USAGE:
        raise Refused(
            f"{product.name} is charged by usage; a percentage is not.", field="charge_model"
        )
    if draft.unit_price > 1000:
        raise Refused("Give a percentage of at most 1,000.", field="unit_price")
    read_limits(draft.tiers)


def _label(product: Product, draft: PriceDraft) -> str:
    beat = f"every {draft.months} months" if draft.months else "once"
    return f"{product.sku} {beat} from {draft.starts_on:%d %b %Y}"


def _words(price: PriceDraft | Price) -> str:
    model = ChargeModel(price.charge_model)
    if model in TIERED:
        return f"{model.label}, {'; '.join(in_words(model, read_tiers(price.tiers)))}"
    if model is ChargeModel.PERCENT_OF:
        limits = read_limits(price.tiers).in_words()
        return ", ".join([f"{plain(price.unit_price)} % of other lines", *limits])
    return f"{model.label} {plain(price.unit_price)}"


def _publish(book: PriceBook, changes: dict[str, list[str]], *, by: User, at: datetime) -> None:
    publish(PriceBookEdited(at=at, price_book_id=book.pk), by=by, changes=changes)

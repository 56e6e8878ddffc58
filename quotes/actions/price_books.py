"""List prices: what a product costs in a book from a day on."""

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from q2c.catalog.models import Product, ProductKind
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.locks import check_version, locked
from q2c.kernel.bands import in_words, read_tiers
from q2c.kernel.errors import Refused
from q2c.kernel.percent import Of, read_limits
from q2c.kernel.rating import TIERED, ChargeKind, ChargeModel, check_tiers, plain
from quotes.events import PriceBookEdited
from quotes.models import Price, PriceBook
from quotes.rules.opening import opening_words

_KINDS = {
    ProductKind.GOODS: ChargeKind.ONE_TIME,
    ProductKind.SERVICE: None,  # once, or every so many months
    ProductKind.SUBSCRIPTION: ChargeKind.RECURRING,
    ProductKind.USAGE: ChargeKind.USAGE,
}

_NOT_BOUGHT = {
    ChargeModel.FLAT.value,
    ChargeModel.COMMITMENT.value,
    ChargeModel.CREDITS.value,
    ChargeModel.PERCENT_OF.value,
}


@dataclass(frozen=True, kw_only=True)
class PriceDraft:
    """A price as told: per unit and billing period, in the book's currency.

    The period is of `months` or of `weeks` (both 0: once); with `price_months` the price is for so
    many months, whatever the billing period. No discount goes below
    `floor_unit_price`. It opens with `trial_days` and then `free_periods` that cost nothing, and with
    a `setup_fee` once. A negative price is a discount charge: it takes a percentage or an amount off.

    `tiers` are rows of up_to (None: without end), unit_price and flat_fee, all as decimal strings.
    """

    product_id: int
    months: int = 0
    weeks: int = 0
    price_months: int = 0
    charge_model: str
    unit_price: Decimal = Decimal(0)
    tiers: tuple[dict[str, Any], ...] = ()
    in_advance: bool = True
    starts_on: date
    ends_on: date | None = None
    floor_unit_price: Decimal | None = None
    trial_days: int = 0
    free_periods: int = 0
    setup_fee: Decimal = Decimal(0)
    keeps_credits: bool = False


@transaction.atomic
def set_price(price_book_id: int, draft: PriceDraft, *, by: User, at: datetime) -> Price:
    """Say what a product lists at from a day; the price before it ends on that day."""
    require(by, Permission.EDIT_CATALOG)
    draft = _settled(draft)
    book = locked(PriceBook, price_book_id)
    product = Product.objects.filter(pk=draft.product_id).first()
    if product is None or product.kind == ProductKind.BUNDLE:
        raise Refused("Choose a product; a bundle is priced by its options.", field="product")
    _check_sold(draft, product)
    kind = _check(draft, product)
    same = _same_cadence(book, product, draft)
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
    _edited(book, {_label(product, draft): ["", _words(draft)]}, by=by, at=at)
    return price


@transaction.atomic
def change_price(
    price_id: int, draft: PriceDraft, *, by: User, at: datetime, seen: int | None = None
) -> Price:
    """Correct a price; quotes keep what they copied. Product and billing period stay.

    `seen` is the version of its book that was read.
    """
    require(by, Permission.EDIT_CATALOG)
    draft = _settled(draft)
    price = Price.objects.select_related("product", "price_book").filter(pk=price_id).first()
    if price is None:
        raise Refused("There is no such price; somebody may have removed it.")
    book = locked(PriceBook, price.price_book_id)
    check_version(book.version, seen)
    if (draft.product_id, draft.months, draft.weeks) != (
        price.product_id, price.months, price.weeks,
    ):  # fmt: skip
        raise Refused("A price stays with its product and period: add another.", field="months")
    _check(draft, price.product)
    others = _same_cadence(book, price.product, draft).exclude(pk=price.pk)
    if others.filter(starts_on=draft.starts_on).exists():
        raise Refused("Another price starts on that day.", field="starts_on")
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
    _edited(book, {_label(price.product, draft): [before, _words(draft)]}, by=by, at=at)
    return price


def _check_sold(draft: PriceDraft, product: Product) -> None:
    """Refuse a price that begins when its product is no longer sold."""
    if product.ends_on is not None and draft.starts_on >= product.ends_on:
        last = product.ends_on - timedelta(days=1)
        raise Refused(
            f"{product.name} is sold until {last:%d %b %Y}: a price from a later day never holds.",
            field="starts_on",
        )


def _settled(draft: PriceDraft) -> PriceDraft:
    """Return the price with months of its own only where they are not those it is billed for."""
    return replace(draft, price_months=0) if draft.price_months == draft.months else draft


def _same_cadence(book: PriceBook, product: Product, draft: PriceDraft) -> QuerySet[Price]:
    return Price.objects.filter(
        price_book=book, product=product, months=draft.months, weeks=draft.weeks
    )


def _check_overlap(draft: PriceDraft, later: QuerySet[Price]) -> None:
    """Refuse a price that runs into the next one of its product."""
    following = later.order_by("starts_on").first()
    if following and (draft.ends_on is None or draft.ends_on > following.starts_on):
        raise Refused(
            f"From {following.starts_on:%d %b %Y} another price holds: this one must end by then.",
            field="ends_on",
        )


def _check(draft: PriceDraft, product: Product) -> ChargeKind:
    kind, recurs = _kind_of(draft, product), bool(draft.months or draft.weeks)
    if recurs == (kind is ChargeKind.ONE_TIME) or draft.months > 120 or draft.weeks > 520:
        words = "once (0 months)" if kind is ChargeKind.ONE_TIME else "every 1 to 120 months"
        raise Refused(f"{product.name} is charged {words}.", field="months")
    if draft.months and draft.weeks:
        raise Refused("Charge every so many months or every so many weeks.", field="weeks")
    _check_price_period(draft, kind)
    _check_amounts(draft, product)
    _check_opening(draft, kind)
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


def _check_price_period(draft: PriceDraft, kind: ChargeKind) -> None:
    if not draft.price_months:
        return
    if not 0 < draft.price_months <= 120:
        raise Refused("A price is for 1 to 120 months.", field="price_months")
    if kind is not ChargeKind.RECURRING or not draft.months:
        raise Refused(
            "Only what is charged every so many months may have a price for other months than it "
            "is billed for.",
            field="price_months",
        )


def _kind_of(draft: PriceDraft, product: Product) -> ChargeKind:
    kind, recurs = _KINDS[ProductKind(product.kind)], bool(draft.months or draft.weeks)
    if kind is ChargeKind.USAGE and not recurs:
        _check_bought_credits(draft, product)
        return ChargeKind.ONE_TIME
    return kind or (ChargeKind.RECURRING if recurs else ChargeKind.ONE_TIME)


def _check_amounts(draft: PriceDraft, product: Product) -> None:
    if draft.unit_price < 0:
        _check_discount_charge(draft, product)
    if draft.floor_unit_price is not None and draft.floor_unit_price < 0:
        raise Refused("A floor cannot be negative.", field="floor_unit_price")
    is_plain = draft.charge_model in (ChargeModel.PER_UNIT.value, ChargeModel.FLAT.value)
    if (
        is_plain
        and draft.floor_unit_price is not None
        and draft.floor_unit_price > draft.unit_price
    ):
        raise Refused(
            f"The floor, {plain(draft.floor_unit_price)}, lies above the price itself, "
            f"{plain(draft.unit_price)}.",
            field="floor_unit_price",
        )


def _check_discount_charge(draft: PriceDraft, product: Product) -> None:
    if product.kind != ProductKind.SERVICE:
        raise Refused(
            "A price cannot be negative. What takes off is a product of its own, of the kind "
            "service.",
            field="unit_price",
        )
    if draft.charge_model not in (ChargeModel.FLAT.value, ChargeModel.PERCENT_OF.value):
        raise Refused(
            "What takes off is a flat fee or a percentage of other lines.", field="charge_model"
        )
    if draft.charge_model == ChargeModel.PERCENT_OF and draft.unit_price < -100:
        raise Refused("At most 100 per cent can be taken off.", field="unit_price")


def _check_bought_credits(draft: PriceDraft, product: Product) -> None:
    """Refuse a price once of what goes by usage that does not grow with the credits it buys."""
    if draft.charge_model in _NOT_BOUGHT:
        raise Refused(
            f"Charged once, {product.name} is bought as prepaid credits: their number is the "
            "quantity. Price them per unit, by package or by tiers.",
            field="charge_model",
        )


def _check_opening(draft: PriceDraft, kind: ChargeKind) -> None:
    if kind is ChargeKind.ONE_TIME and (draft.trial_days or draft.free_periods or draft.setup_fee):
        name = next(n for n in ("trial_days", "free_periods", "setup_fee") if getattr(draft, n))
        words = "It is charged once: it has no trial, no free periods and no set-up fee."
        raise Refused(words, field=name)
    for name, most in (("trial_days", 366), ("free_periods", 120)):
        if not 0 <= getattr(draft, name) <= most:
            raise Refused(f"Give a number from 0 to {most}.", field=name)
    if draft.setup_fee < 0:
        raise Refused("A fee cannot be negative.", field="setup_fee")
    if draft.unit_price < 0 and draft.setup_fee:
        raise Refused("What takes off has no set-up fee.", field="setup_fee")
    is_credits = draft.charge_model == ChargeModel.CREDITS or not (draft.months or draft.weeks)
    if draft.keeps_credits and not is_credits:
        raise Refused("Only prepaid credits can stay for later periods.", field="keeps_credits")


def _check_percent(draft: PriceDraft, product: Product, kind: ChargeKind) -> None:
    if kind is ChargeKind.USAGE:
        raise Refused(
            f"{product.name} is charged by usage; a percentage is not.", field="charge_model"
        )
    if draft.unit_price > 1000:
        raise Refused("Give a percentage of at most 1,000.", field="unit_price")
    read_limits(draft.tiers)


def _label(product: Product, draft: PriceDraft) -> str:
    number, unit = (draft.weeks, "week") if draft.weeks else (draft.months, "month")
    beat = f"every {number} {unit}s" if number > 1 else f"every {unit}" if number else "once"
    return f"{product.sku} {beat} from {draft.starts_on:%d %b %Y}"


def _words(price: PriceDraft | Price) -> str:
    """Say all of a price, so that its history misses nothing."""
    words = [_amount_words(price), *opening_words(price)]
    if months := price.price_months:
        words.insert(1, "a month" if months == 1 else f"for {months} months")
    if price.floor_unit_price is not None:
        words.append(f"floor {plain(price.floor_unit_price)}")
    if not price.in_advance and (price.months or price.weeks):
        words.append("in arrears")
    if price.ends_on is not None:
        words.append(f"until {price.ends_on - timedelta(days=1):%d %b %Y}")
    return ", ".join(words)


def _amount_words(price: PriceDraft | Price) -> str:
    model = ChargeModel(price.charge_model)
    if model in TIERED:
        return f"{model.label}, {'; '.join(in_words(model, read_tiers(price.tiers)))}"
    if model is ChargeModel.PERCENT_OF:
        limits = read_limits(price.tiers)
        of = f"{plain(price.unit_price)} % of {_TAKEN_OF[limits.charges]}"
        listed = ["before discounts"] if limits.of_list else []
        return ", ".join([of, *listed, *limits.in_words()])
    return f"{model.label} {plain(price.unit_price)}"


_TAKEN_OF = {
    Of.ALIKE: "other lines",
    Of.ONE_TIME: "what is charged once",
    Of.RECURRING: "all that recurs",
}


def _edited(book: PriceBook, changes: dict[str, list[str]], *, by: User, at: datetime) -> None:
    book.version += 1
    book.save(update_fields=["version"])
    publish(PriceBookEdited(at=at, price_book_id=book.pk), by=by, changes=changes)

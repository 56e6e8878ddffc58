"""What a cell of a draft's line may hold."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from q2c.catalog.models import ProductKind
from q2c.kernel.errors import Refused
from q2c.kernel.money import round_amount
from q2c.kernel.rating import plain
from quotes.models import Quote, QuoteLine
from quotes.rules.pricing import check_percent

_ROOM = {"note": 2000, "price_reason": 200, "choice_group": 60, "choice": 60}


def check_cell(line: QuoteLine, name: str, value: Any, quote: Quote) -> None:
    """Refuse a value that this field of this line may not have."""
    if check := _CHECKS.get(name):
        check(line, name, value, quote)


def check_quantity(quantity: Decimal, *, field: str = "quantity") -> None:
    """Refuse a quantity that no line may have."""
    if not 0 < quantity <= Decimal(10) ** 9:
        raise Refused("A quantity lies above 0 and below a billion.", field=field)
    if quantity != round(quantity, 6):
        raise Refused("A quantity has at most six decimals.", field=field)


def check_together(line: QuoteLine, quote: Quote) -> None:
    """Refuse fields that contradict each other."""
    first, end = line.starts_on or quote.starts_on, line.ends_on
    if end is not None and end <= first:
        raise Refused("The last day lies before the first.", field="ends_on")
    least, most = line.min_quantity, line.max_quantity
    if least is not None and most is not None and least > most:
        raise Refused("The smallest quantity is above the largest.", field="min_quantity")
    if (least is not None and line.quantity < least) or (most is not None and line.quantity > most):
        raise Refused(
            f"The quantity, {plain(line.quantity)}, lies outside what the customer may choose.",
            field="quantity",
        )
    if bool(line.choice_group) != bool(line.choice):
        raise Refused("A choice needs a group and a name of its own.", field="choice")
    if not line.is_chosen and not line.is_optional and not line.choice_group:
        raise Refused("Only optional lines can be off; make it optional.", field="is_chosen")


def _check_price(line: QuoteLine, name: str, value: Decimal | None, quote: Quote) -> None:
    if line.kind == ProductKind.BUNDLE:
        raise Refused("A bundle costs what its options cost; change those.", field=name)
    if line.is_adjustment:
        if not value or value != round_amount(value, quote.currency):
            raise Refused(f"Give an amount in {quote.currency} that is not zero.", field=name)
    elif value is not None and not 0 <= value < Decimal(10) ** 10:
        raise Refused("A price lies between 0 and ten billion.", field=name)
    elif value is not None and value != round(value, 8):
        raise Refused("A price has at most eight decimals.", field=name)


def _check_day(line: QuoteLine, name: str, value: date | None, quote: Quote) -> None:
    if line.charge_kind == "one_time":
        raise Refused(f"“{line.description}” is charged once; it has no days.", field=name)
    if line.ramp_of_id or line.segments.exists():
        words = "Its days belong to a ramp; change them in the ramp."
        raise Refused(words, field=name)


def _check_quantity(line: QuoteLine, name: str, value: Decimal | None, quote: Quote) -> None:
    if line.is_adjustment:
        raise Refused("An adjustment stands once; change its amount instead.", field=name)
    if value is not None:
        check_quantity(value, field=name)


def _check_discount(line: QuoteLine, name: str, value: Decimal, quote: Quote) -> None:
    check_percent(value)


def _check_description(line: QuoteLine, name: str, value: str, quote: Quote) -> None:
    if not 1 <= len(value.strip()) <= 300:
        raise Refused("A description has 1 to 300 characters.", field=name)


def _check_room(line: QuoteLine, name: str, value: str, quote: Quote) -> None:
    if len(value) > _ROOM[name]:
        raise Refused(f"There is room for {_ROOM[name]:,} characters here.", field=name)


_CHECKS: dict[str, Callable[[QuoteLine, str, Any, Quote], None]] = {
    "quantity": _check_quantity,
    "min_quantity": _check_quantity,
    "max_quantity": _check_quantity,
    "agreed_unit_price": _check_price,
    "discount_percent": _check_discount,
    "description": _check_description,
    "starts_on": _check_day,
    "ends_on": _check_day,
    **dict.fromkeys(_ROOM, _check_room),
}

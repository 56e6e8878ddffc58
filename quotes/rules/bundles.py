"""What one may choose within a bundle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from q2c.kernel.errors import Refused
from q2c.kernel.rating import plain


@dataclass(frozen=True, slots=True)
class Option:
    """An optional product of a bundle and how many of it one may take."""

    product_id: int
    name: str
    min_quantity: int
    max_quantity: int
    default_quantity: int


def choose(options: Sequence[Option], chosen: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """Return the quantities taken by product id, without the zeros.

    What is not mentioned takes its default. Refuses products that are no option, quantities out of
    bounds, and a bundle with nothing in it.
    """
    known = {option.product_id for option in options}
    if strangers := set(chosen) - known:
        raise Refused(f"Product {min(strangers)} is not an option of this bundle.", field="options")
    taken = {}
    for option in options:
        quantity = chosen.get(option.product_id, Decimal(option.default_quantity))
        check_option(option, quantity, field=f"option-{option.product_id}")
        if quantity:
            taken[option.product_id] = quantity
    if not taken:
        raise Refused("Choose at least one option of the bundle.", field="options")
    return taken


def check_option(option: Option, quantity: Decimal, *, field: str) -> None:
    """Refuse a quantity of an option in one bundle that is out of its bounds, or broken."""
    if not option.min_quantity <= quantity <= option.max_quantity:
        raise Refused(
            f"{option.name}: a bundle takes {option.min_quantity} to {option.max_quantity} of it, "
            f"not {plain(quantity)}.",
            field=field,
        )
    if quantity != int(quantity):
        raise Refused(f"{option.name}: take a whole number in each bundle.", field=field)

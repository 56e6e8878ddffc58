"""What of a quote a template keeps: everything but whom it is for, when, and at what price."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Protocol, Self

from q2c.kernel.rating import plain
from quotes.rules.terms import moved

TERMS = (
    "title", "term_months", "payment_terms_days", "discount_percent", "auto_renew", "notes",
    "cover_letter", "proration",
)  # fmt: skip
_COPIED = (
    "kind", "product_id", "description", "note", "months", "weeks", "is_optional", "is_chosen",
    "choice_group", "choice",
)  # fmt: skip
_NUMBERS = ("quantity", "discount_percent", "min_quantity", "max_quantity")


class Templated(Protocol):
    """What a template reads of a line."""

    pk: Any
    parent_id: Any
    ramp_of_id: Any
    setup_of_id: Any
    starts_on: Any
    ends_on: Any


@dataclass(frozen=True, kw_only=True)
class TemplateLine:
    """A line without a price.

    Its bundle, the head of its ramp and the line whose set-up fee it is are places in the list.

    `starts_after` and `ends_after` are days from the first day of the quote that was kept;
    None is the quote's own.
    """

    kind: str
    product_id: int | None
    description: str
    note: str = ""
    months: int = 0
    weeks: int = 0
    quantity: Decimal = Decimal(1)
    discount_percent: Decimal = Decimal(0)
    is_optional: bool = False
    is_chosen: bool = True
    min_quantity: Decimal | None = None
    max_quantity: Decimal | None = None
    choice_group: str = ""
    choice: str = ""
    bundle: int | None = None
    ramp: int | None = None
    setup: int | None = None
    starts_after: int | None = None
    ends_after: int | None = None

    @classmethod
    def read(cls, stored: dict[str, Any]) -> Self:
        """Read a stored line."""
        numbers = {
            name: None if stored[name] is None else Decimal(stored[name]) for name in _NUMBERS
        }
        return cls(**{**stored, **numbers})

    def stored(self) -> dict[str, Any]:
        """Return plain values, numbers as text."""
        values = asdict(self)
        for name in _NUMBERS:
            values[name] = None if values[name] is None else plain(values[name])
        return values

    def days(self, starts_on: date, *, kept_from: date) -> tuple[date | None, date | None]:
        """Return the line's own first day and end in a quote that starts on a day.

        Whole months since the start of the quote that was kept stay whole months.
        """
        start, end = (
            None
            if after is None
            else moved(kept_from + timedelta(days=after), kept_from, starts_on)
            for after in (self.starts_after, self.ends_after)
        )
        return start, end


def template_lines(lines: Sequence[Templated], *, starts_on: date) -> list[TemplateLine]:
    """Return the lines as a template keeps them, in their order; `lines` hold no adjustments."""
    places = {line.pk: place for place, line in enumerate(lines)}
    return [
        TemplateLine(
            **{name: getattr(line, name) for name in (*_COPIED, *_NUMBERS)},
            bundle=places.get(line.parent_id),
            ramp=places.get(line.ramp_of_id),
            setup=places.get(line.setup_of_id),
            starts_after=_after(line.starts_on, starts_on),
            ends_after=_after(line.ends_on, starts_on),
        )
        for line in lines
    ]


def products_of(lines: Iterable[TemplateLine]) -> set[int]:
    """Return the products that a template names."""
    return {line.product_id for line in lines if line.product_id is not None}


def _after(day: date | None, start: date) -> int | None:
    return None if day is None else (day - start).days

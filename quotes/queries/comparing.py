"""What differs between two versions of a quote."""

from dataclasses import dataclass
from decimal import Decimal

from quotes.models import Quote
from quotes.rules.changes import Change, changes_between


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of both versions, in the quote's currency."""

    label: str
    before: Decimal
    after: Decimal

    @property
    def delta(self) -> Decimal:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Comparison:
    """The figures of both versions, and every difference of what the customer reads."""

    figures: list[Figure]
    changes: list[Change]


_FIGURES = {
    "Total over the term": "contract_total",
    "Monthly": "monthly_total",
    "Once": "one_time_total",
    "First invoice": "first_invoice_total",
    "List total": "list_total",
}


def compare_quotes(before: Quote, after: Quote, *, contents: tuple[bytes, bytes]) -> Comparison:
    """Return what differs from one version to another; `contents` are their canonical texts."""
    figures = [
        Figure(label, getattr(before, name), getattr(after, name))
        for label, name in _FIGURES.items()
    ]
    old, new = (content.decode() for content in contents)
    return Comparison(figures, changes_between(old, new))

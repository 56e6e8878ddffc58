"""What a price rule asks of a line and its quote before it applies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from q2c.kernel.errors import Refused
from q2c.kernel.numbers import read_number
from q2c.kernel.rating import plain
from quotes.rules.price_books import is_within


class Field(StrEnum):
    """What is looked at."""

    PRODUCT = "product"
    CATEGORY = "category"
    QUANTITY = "quantity"
    LINE_TOTAL = "line_total"
    CHARGE_KIND = "charge_kind"
    TERM = "term_months"
    SEGMENT = "segment"
    REGION = "region"
    CHANNEL = "channel"
    CURRENCY = "currency"
    COUPON = "coupon"
    DATE = "date"
    QUOTE_KIND = "quote_kind"
    CUSTOMER = "customer"


class Operator(StrEnum):
    """How it is compared; a word is or is not one of several."""

    IS = "is"
    IS_NOT = "is_not"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


OF_LINE = frozenset(
    {Field.PRODUCT, Field.CATEGORY, Field.QUANTITY, Field.LINE_TOTAL, Field.CHARGE_KIND}
)
NUMBERS = frozenset({Field.QUANTITY, Field.LINE_TOTAL, Field.TERM})
LABELS = {
    Field.PRODUCT: "product",
    Field.CATEGORY: "category",
    Field.QUANTITY: "quantity",
    Field.LINE_TOTAL: "list total over the term",
    Field.CHARGE_KIND: "kind of charge",
    Field.TERM: "term in months",
    Field.SEGMENT: "customer segment",
    Field.REGION: "region",
    Field.CHANNEL: "channel",
    Field.CURRENCY: "currency",
    Field.COUPON: "coupon",
    Field.DATE: "date",
    Field.QUOTE_KIND: "kind of quote",
    Field.CUSTOMER: "customer",
}


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What conditions see of a line; `line_total` is its list price over the term."""

    product: str
    category: str
    quantity: Decimal
    line_total: Decimal
    charge_kind: str


@dataclass(frozen=True, slots=True)
class DealFacts:
    """What conditions see of a quote; `date` is the day that its prices are of."""

    date: date
    currency: str
    term_months: int = 12
    segment: str = ""
    region: str = ""
    channel: str = ""
    coupon: str = ""
    quote_kind: str = "new"
    customer: str = ""  # the number


Limit = Decimal | date | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """How something is compared: with words, or with a number or day as the limit, which still fits."""

    operator: Operator
    values: tuple[str, ...] = ()
    limit: Limit = None

    def holds(self, actual: Any) -> bool:
        match self.operator:
            case Operator.AT_LEAST:
                return bool(actual >= self.limit)
            case Operator.AT_MOST:
                return bool(actual <= self.limit)
            case Operator.IS:
                return self._is_one(actual)
            case Operator.IS_NOT:
                return not self._is_one(actual)

    def in_words(self) -> str:
        """Say the comparison without what is compared."""
        match self.operator:
            case Operator.AT_LEAST:
                return (
                    f"{said(self.limit)} or {'later' if isinstance(self.limit, date) else 'more'}"
                )
            case Operator.AT_MOST:
                is_day = isinstance(self.limit, date)
                return f"{said(self.limit)} or {'earlier' if is_day else 'less'}"
            case Operator.IS:
                return " or ".join(self.values)
            case Operator.IS_NOT:
                return f"other than {' or '.join(self.values)}"

    def _is_one(self, actual: Any) -> bool:
        return actual in self.values


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition(Comparison):
    """One comparison of a field of a line or its quote."""

    field: Field

    def actual(self, line: LineFacts | None, deal: DealFacts) -> Any:
        return getattr(line if self.field in OF_LINE else deal, self.field.value)

    def why_not(self, actual: Any) -> str:
        """Say what was asked for and what is there instead."""
        has = said(actual) or "none"
        if self.field is Field.QUANTITY:
            return f"needs {self.in_words()}; this line has {has}"
        return f"needs {LABELS[self.field]} {self.in_words()}; here it is {has}"

    def to_json(self) -> dict[str, Any]:
        value: Any = list(self.values) if self.limit is None else str(self.limit)
        return {"field": self.field.value, "operator": self.operator.value, "value": value}

    def _is_one(self, actual: Any) -> bool:
        if self.field is Field.REGION:
            return any(is_within(actual, value) for value in self.values)
        if self.field is Field.COUPON:
            return actual.upper() in self.values
        return actual in self.values


def read_conditions(stored: Sequence[Mapping[str, Any]]) -> tuple[Condition, ...]:
    """Read conditions as they are stored or sent; refuses those that make no sense."""
    return tuple(_read(row, number) for number, row in enumerate(stored, start=1))


def _read(row: Mapping[str, Any], number: int) -> Condition:
    try:
        field, operator = Field(row["field"]), Operator(row["operator"])
    except (KeyError, ValueError):
        raise _wrong(number, "says nothing that can be looked at") from None
    value = row.get("value")
    is_limit = operator in (Operator.AT_LEAST, Operator.AT_MOST)
    if is_limit != (field in NUMBERS or field is Field.DATE):
        words = "at least or at most" if not is_limit else "is or is not"
        raise _wrong(number, f"compares the {LABELS[field]} with “{words}” only")
    if is_limit:
        return Condition(operator, limit=_limit(field, value, number), field=field)
    values = value if isinstance(value, list | tuple) else str(value or "").split(",")
    found = tuple(_word(field, str(word)) for word in values if str(word).strip())
    if not found:
        raise _wrong(number, f"needs a {LABELS[field]} to compare with")
    return Condition(operator, found, field=field)


def _word(field: Field, value: str) -> str:
    upper = field in (Field.REGION, Field.CURRENCY, Field.COUPON, Field.CUSTOMER)
    return value.strip().upper() if upper else value.strip()


def _limit(field: Field, value: Any, number: int) -> Limit:
    text = str(value).strip()
    try:
        return date.fromisoformat(text) if field is Field.DATE else read_number(text)
    except (ValueError, Refused):
        what = "a day such as 2027-01-31" if field is Field.DATE else "a number"
        raise _wrong(number, f"needs {what}") from None


def _wrong(number: int, what: str) -> Refused:
    return Refused(f"Condition {number} {what}.", field=f"conditions.{number - 1}")


def said(value: Any) -> str:
    """Say a value as a person reads it."""
    if isinstance(value, Decimal):
        return plain(value)
    return f"{value:%d %b %Y}" if isinstance(value, date) else str(value).replace("_", " ")

"""Read rows of a telecom operator's subscriber list; pure, every refusal names its line."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from q2c.kernel.errors import Refused

Choice = TypeVar("Choice")

# Column of the file, product sku.
OPTIONS = {
    "OnlineSecurity": "SECURITY",
    "OnlineBackup": "BACKUP",
    "DeviceProtection": "PROTECT",
    "TechSupport": "SUPPORT",
    "StreamingTV": "TV",
    "StreamingMovies": "MOVIES",
}
INTERNET = {"DSL": "DSL", "Fiber optic": "FIBER", "No": ""}
TERMS = {"Month-to-month": 1, "One year": 12, "Two year": 24}
# Payment method of the file: our kind, and whether it pays by itself.
METHODS = {
    "Bank transfer (automatic)": ("direct_debit", True),
    "Credit card (automatic)": ("card", True),
    "Electronic check": ("check", False),
    "Mailed check": ("check", False),
}
COLUMNS = {
    "customerID",
    "tenure",
    "PhoneService",
    "MultipleLines",
    "InternetService",
    "Contract",
    "PaymentMethod",
    "MonthlyCharges",
    "Churn",
    *OPTIONS,
}


@dataclass(frozen=True, slots=True)
class Subscriber:
    """One good row: what they take, for how long, at what monthly charge."""

    line: int
    reference: str
    skus: tuple[str, ...]
    term_months: int
    tenure_months: int
    method: str
    is_automatic: bool
    monthly_charge: Decimal
    has_left: bool


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not be taken, and why."""

    line: int
    reason: str


def read(lines: Iterable[str]) -> Iterator[Subscriber | BadRow]:
    """Yield a subscriber or a bad row for each line; refuses a file without the columns."""
    reader = csv.DictReader(lines)
    missing = COLUMNS - set(reader.fieldnames or ())
    if missing:
        raise Refused(f"The file lacks the columns {', '.join(sorted(missing))}.")
    seen: dict[str, int] = {}
    for row in reader:
        line = reader.line_num
        try:
            subscriber = _subscriber(line, row)
            if subscriber.reference in seen:
                first = seen[subscriber.reference]
                raise Refused(f"customerID {subscriber.reference} stands in line {first} already.")
        except Refused as refusal:
            yield BadRow(line, refusal.message)
        else:
            seen[subscriber.reference] = line
            yield subscriber


def _subscriber(line: int, row: dict[str, str]) -> Subscriber:
    skus = _skus(row)
    if not skus:
        raise Refused("The row has neither phone nor internet: there is nothing to bill.")
    method, is_automatic = _one_of(row, "PaymentMethod", METHODS)
    return Subscriber(
        line=line,
        reference=_text(row, "customerID"),
        skus=skus,
        term_months=_one_of(row, "Contract", TERMS),
        tenure_months=_months(row),
        method=method,
        is_automatic=is_automatic,
        monthly_charge=_amount(row),
        has_left=_one_of(row, "Churn", {"Yes": True, "No": False}),
    )


def _skus(row: dict[str, str]) -> tuple[str, ...]:
    skus = []
    if _one_of(row, "PhoneService", {"Yes": True, "No": False}):
        skus.append("PHONE")
    if _one_of(row, "MultipleLines", {"Yes": True, "No": False, "No phone service": False}):
        skus.append("LINES")
    if access := _one_of(row, "InternetService", INTERNET):
        skus.append(access)
    for column, sku in OPTIONS.items():
        if _one_of(row, column, {"Yes": True, "No": False, "No internet service": False}):
            if not access:
                raise Refused(f"{column} needs internet, which the row does not have.")
            skus.append(sku)
    return tuple(skus)


def _text(row: dict[str, str], column: str) -> str:
    value = (row.get(column) or "").strip()
    if not value:
        raise Refused(f"{column} is empty.")
    return value


def _one_of(row: dict[str, str], column: str, choices: dict[str, Choice]) -> Choice:
    value = (row.get(column) or "").strip()
    if value not in choices:
        raise Refused(f"{column} is “{value}”; it must be one of: {', '.join(choices)}.")
    return choices[value]


def _months(row: dict[str, str]) -> int:
    value = _text(row, "tenure")
    if not value.isdigit() or int(value) > 1200:
        raise Refused(f"tenure is “{value}”; it must be a whole number of months.")
    return int(value)


def _amount(row: dict[str, str]) -> Decimal:
    value = _text(row, "MonthlyCharges")
    try:
        amount = Decimal(value)
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or not 0 <= amount <= 1_000_000 or amount != round(amount, 2):
        raise Refused(f"MonthlyCharges is “{value}”; it must be an amount such as 56.95.")
    return amount

"""Put a price rule or a questionnaire in force and take it out again; its history says so."""

from collections.abc import Callable
from typing import TypeVar

from q2c.infra.locks import locked
from quotes.models import PriceRule, Questionnaire

Row = TypeVar("Row", PriceRule, Questionnaire)
Tell = Callable[[Row, dict[str, list[str]]], None]


def begin(row: Row, tell: Tell[Row]) -> None:
    """Put a row in force."""
    _switch(row, is_active=True)
    tell(row, {"in force": ["no", "yes"]})


def end(row: Row, tell: Tell[Row], *, words: str = "no") -> None:
    """Take a row out of force, where it is; `words` are what its history says then."""
    if row.is_active:
        _switch(row, is_active=False)
        tell(row, {"in force": ["yes", words]})


def end_replaced(row: Row, tell: Tell[Row], *, words: str) -> None:
    """Take out of force what a row replaces."""
    if row.replaces_id is not None:
        end(locked(type(row), row.replaces_id), tell, words=words)


def _switch(row: PriceRule | Questionnaire, *, is_active: bool) -> None:
    row.is_active = is_active
    row.save(update_fields=["is_active"])

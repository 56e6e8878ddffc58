"""A fact says what has happened to documents: past tense, frozen, ids and dates."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, ClassVar


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Base of every event. `document` names the kind of document whose history it belongs to.

    The field `<document>_id` holds its id, or `<document>_ids` those of a set. `evidence_of` names
    the document, known by such a field too, of whose chain of evidence it is a link; "" of none.
    """

    document: ClassVar[str]
    evidence_of: ClassVar[str] = ""
    at: datetime

    @property
    def document_ids(self) -> tuple[int, ...]:
        many = getattr(self, f"{self.document}_ids", None)
        return tuple(many) if many is not None else (getattr(self, f"{self.document}_id"),)

    @property
    def chain(self) -> str:
        """Return the chain of evidence that the fact belongs to; "" for none."""
        of = self.evidence_of
        return f"{of}:{getattr(self, f'{of}_id')}" if of else ""

    def as_json(self) -> dict[str, Any]:
        """Return the fact's fields as JSON values; a set's ids are left to the log's rows."""
        data: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            data[field.name] = value.isoformat() if isinstance(value, date | datetime) else value
        return data

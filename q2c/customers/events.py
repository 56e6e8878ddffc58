from dataclasses import dataclass
from typing import ClassVar

from q2c.kernel.facts import Fact


@dataclass(frozen=True, kw_only=True)
class CustomerFact(Fact):
    """Something happened to a customer's master data."""

    document: ClassVar[str] = "customer"
    customer_id: int


class CustomerCreated(CustomerFact): ...


class CustomerEdited(CustomerFact): ...


@dataclass(frozen=True, kw_only=True)
class CustomersBroughtIn(Fact):
    """A set of customers came from elsewhere."""

    document: ClassVar[str] = "customer"
    customer_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class LegalEntityFact(Fact):
    """Something happened to a company of ours."""

    document: ClassVar[str] = "legal_entity"
    legal_entity_id: int


class LegalEntityCreated(LegalEntityFact): ...


class LegalEntityEdited(LegalEntityFact): ...

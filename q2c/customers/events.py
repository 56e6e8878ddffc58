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

from dataclasses import dataclass
from typing import ClassVar

from q2c.kernel.facts import Fact


@dataclass(frozen=True, kw_only=True)
class ProductFact(Fact):
    """Something happened to a product."""

    document: ClassVar[str] = "product"
    product_id: int


class ProductCreated(ProductFact): ...


class ProductEdited(ProductFact): ...


@dataclass(frozen=True, kw_only=True)
class TaxRateFact(Fact):
    """Something happened to a tax rate."""

    document: ClassVar[str] = "tax_rate"
    tax_rate_id: int


class TaxRateAdded(TaxRateFact): ...


class TaxRateEnded(TaxRateFact): ...

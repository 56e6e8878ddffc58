from q2c.catalog.models.bundle import BundleOption, OptionGroup, OptionRule, RuleKind
from q2c.catalog.models.picture import ProductPicture
from q2c.catalog.models.prices import ProductCost, StandalonePrice
from q2c.catalog.models.product import Product, ProductKind, RevenuePattern
from q2c.catalog.models.tax_rate import TaxClass, TaxRate
from q2c.catalog.models.version import ProductVersion

__all__ = [
    "BundleOption",
    "OptionGroup",
    "OptionRule",
    "Product",
    "ProductCost",
    "ProductKind",
    "ProductPicture",
    "ProductVersion",
    "RevenuePattern",
    "RuleKind",
    "StandalonePrice",
    "TaxClass",
    "TaxRate",
]

from q2c.catalog.models.product import BundleOption, Product, ProductKind, RevenuePattern
from q2c.catalog.models.standalone_price import StandalonePrice
from q2c.catalog.models.tax_rate import TaxClass, TaxRate

__all__ = [
    "BundleOption",
    "Product",
    "ProductKind",
    "RevenuePattern",
    "StandalonePrice",
    "TaxClass",
    "TaxRate",
]

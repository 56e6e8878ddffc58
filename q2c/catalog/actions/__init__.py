from q2c.catalog.actions.bundles import (
    GroupDraft,
    OptionDraft,
    remove_bundle_option,
    remove_option_group,
    set_bundle_option,
    set_option_group,
)
from q2c.catalog.actions.option_rules import RuleDraft, remove_option_rule, set_option_rule
from q2c.catalog.actions.pictures import add_picture, remove_picture
from q2c.catalog.actions.prices import (
    remove_cost,
    remove_standalone_price,
    set_cost,
    set_standalone_price,
)
from q2c.catalog.actions.products import create_product, edit_product
from q2c.catalog.actions.tax_rates import TaxRateDraft, add_tax_rate, end_tax_rate

__all__ = [
    "GroupDraft",
    "OptionDraft",
    "RuleDraft",
    "TaxRateDraft",
    "add_picture",
    "add_tax_rate",
    "create_product",
    "edit_product",
    "end_tax_rate",
    "remove_bundle_option",
    "remove_cost",
    "remove_option_group",
    "remove_option_rule",
    "remove_picture",
    "remove_standalone_price",
    "set_bundle_option",
    "set_cost",
    "set_option_group",
    "set_option_rule",
    "set_standalone_price",
]

"""What customers may choose of an offer, and what they chose."""

from collections.abc import Sequence
from decimal import Decimal

from q2c.catalog.models import BundleOption, ProductKind
from quotes.models import TEXT_KINDS, Quote, QuoteLine, Selection
from quotes.rules.choosing import Offered

# What a selection changes of a line and of a quote, as it is stored and hashed.
LINE_AMOUNTS = (
    "quantity",
    "list_unit_price",
    "list_per_period",
    "net_per_period",
    "contract_total",
    "combined_discount_percent",
)
TOTALS = (
    "one_time_total",
    "monthly_total",
    "first_invoice_total",
    "contract_total",
    "list_total",
    "tax_on_first_invoice",
)


def offered_lines(lines: Sequence[QuoteLine]) -> list[Offered]:
    """Return stored lines as what they are offered as; text stays whatever is chosen."""
    once = _standing_once(lines)
    return [
        Offered(
            id=line.pk,
            label=line.description,
            is_optional=line.is_optional,
            is_chosen=line.is_chosen,
            quantity=line.quantity,
            least=line.min_quantity,
            most=line.max_quantity,
            group="" if line.kind in TEXT_KINDS else line.choice_group,
            choice=line.choice,
            follows=followed_by(line),
            stands_once=line.pk in once,
        )
        for line in lines
    ]


def followed_by(line: QuoteLine) -> int | None:
    """Return the line with which the customer takes this one: a fee's, a bundle's, a ramp's first."""
    return line.setup_of_id or line.parent_id or line.ramp_of_id


def _standing_once(lines: Sequence[QuoteLine]) -> set[int]:
    """Return the fees, and what bundles hold so many of however many they are."""
    fees = {line.pk for line in lines if line.setup_of_id}
    heads = {
        line.pk: line.product_id
        for line in lines
        if line.kind == ProductKind.BUNDLE and line.product_id
    }
    if not any(_is_adjustable(line) for line in lines if line.pk in heads):
        return fees
    options = BundleOption.objects.filter(bundle_id__in=heads.values(), follows_parent=False)
    once = set(options.values_list("bundle_id", "product_id"))
    return fees | {
        line.pk for line in lines if (heads.get(line.parent_id or 0), line.product_id) in once
    }


def _is_adjustable(line: QuoteLine) -> bool:
    return line.min_quantity is not None or line.max_quantity is not None


def apply_selection(quote: Quote, lines: Sequence[QuoteLine], selection: Selection | None) -> None:
    """Set in memory what the customer chose on a quote and its lines, as it was priced then."""
    if selection is None:
        return
    for name, value in selection.totals.items():
        setattr(quote, name, Decimal(value))
    for line in lines:
        for name, value in selection.lines[str(line.pk)].items():
            setattr(line, name, value if name == "is_chosen" else Decimal(value))

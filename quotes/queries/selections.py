"""What customers may choose of an offer, and what they chose."""

from collections.abc import Sequence
from decimal import Decimal

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
            follows=line.setup_of_id or line.parent_id or line.ramp_of_id,
        )
        for line in lines
    ]


def apply_selection(quote: Quote, lines: Sequence[QuoteLine], selection: Selection | None) -> None:
    """Set in memory what the customer chose on a quote and its lines, as it was priced then."""
    if selection is None:
        return
    for name, value in selection.totals.items():
        setattr(quote, name, Decimal(value))
    for line in lines:
        for name, value in selection.lines[str(line.pk)].items():
            setattr(line, name, value if name == "is_chosen" else Decimal(value))

"""The hash of a stored quote's content."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch

from q2c.kernel.errors import Refused
from q2c.kernel.proration_policy import ProrationPolicy
from q2c.kernel.rating import plain
from quotes.models import Quote, QuoteLine
from quotes.queries import planned_charges
from quotes.rules.content import canonical, content_hash
from quotes.rules.schedule import Planned

_HEADER = (
    "number",
    "version",
    "customer_id",
    "legal_entity_id",
    "title",
    "currency",
    "term_months",
    "starts_on",
    "valid_until",
    "payment_terms_days",
    "discount_percent",
    "auto_renew",
    "notes",
    "language",
    "cover_letter",
    "proration",
    "ends_on",
    "anchor_on",
    "kind",
    "contract_total",
)
_LINE = (
    "position",
    "product_id",
    "description",
    "charge_kind",
    "months",
    "weeks",
    "starts_on",
    "ends_on",
    "charge_model",
    "tiers",
    "quantity",
    "list_unit_price",
    "agreed_unit_price",
    "rule_unit_price",
    "is_contract_price",
    "discount_percent",
    "combined_discount_percent",
    "is_adjustment",
    "is_optional",
    "is_chosen",
    "min_quantity",
    "max_quantity",
    "choice_group",
    "choice",
    "item_id",
    "change",
    "before",
    "note",
    "net_per_period",
    "contract_total",
)


def seal_of(quote: Quote, lines: Sequence[QuoteLine] | None = None) -> str:
    """Return the SHA-256 of everything the customer would agree to."""
    lines = list(quote.lines.order_by("position")) if lines is None else lines
    return content_hash(content_of(quote, lines))


def check_sealed(quote_ids: Collection[int]) -> None:
    """Refuse accepted quotes of which one's content, by whatever path, is not what was signed any more.

    Read by set, however many they are.
    """
    in_order = Prefetch("lines", QuoteLine.objects.order_by("position"))
    found = Quote.objects.select_related("acceptance__selection").prefetch_related(in_order)
    for quote in found.filter(pk__in=quote_ids).order_by("pk"):
        acceptance = quote.acceptance
        signed = acceptance.selection.content_hash if acceptance.selection else quote.content_hash
        sealed = seal_of(quote, list(quote.lines.all()))
        if quote.content_hash != sealed or acceptance.content_hash != signed:
            raise Refused(
                f"{quote} changed after it was accepted, so nothing can be made of it. "
                "Compare it with the document that was signed, and offer it anew."
            )


def content_now(quote: Quote) -> bytes:
    """Return what the customer would agree to as the quote stands, as canonical text."""
    return content_of(quote, list(quote.lines.order_by("position")))


def content_of(
    quote: Quote, lines: Sequence[QuoteLine], planned: Sequence[Planned] | None = None
) -> bytes:
    """Return everything the customer would agree to, as canonical text.

    `planned` are the charges to come, when somebody has reckoned them already.
    """
    if quote.external_ref:  # what was accepted elsewhere and brought in had no schedule
        planned = []
    elif planned is None:
        planned = planned_charges(quote, lines)
    header = {name: _canonical(getattr(quote, name)) for name in _HEADER}
    if not quote.content_hash:  # what is sealed says what it said
        header["proration"] = in_full(quote.proration)
    return canonical(
        header,
        [_line(line) for line in lines],
        [
            [charge.position, charge.start, charge.end, charge.due_on, plain(charge.net.amount)]
            for charge in planned
        ],
    )


def in_full(proration: Mapping[str, Any]) -> dict[str, Any]:
    """Return a policy with nothing left out, so that no later default changes what is sealed."""
    return ProrationPolicy.from_json(proration).to_json()


def _line(line: QuoteLine) -> dict[str, Any]:
    content = {name: _canonical(getattr(line, name)) for name in _LINE}
    # A price for a billing period says nothing of it, as what was sealed before says nothing.
    return content | ({"price_months": line.price_months} if line.price_months else {})


def _canonical(value: Any) -> Any:
    if isinstance(value, Decimal):
        # 5, 5.0 and 5.0000 say the same; the database returns another of them than was typed.
        return plain(value)
    if isinstance(value, dict):
        # What was sealed before whole months came first by default says nothing of them; such
        # rows are marked by an empty `month_first`.
        return {key: held for key, held in value.items() if (key, held) != ("month_first", None)}
    return value

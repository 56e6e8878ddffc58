"""The approvals that a quote's content needs."""

from decimal import ROUND_HALF_UP, Decimal

from quotes.models import TEXT_KINDS, ApprovalPolicy, Quote, QuoteLine
from quotes.rules.approval import Needed, Policy, approvals_needed


def approvals_for(quote: Quote, lines: list[QuoteLine] | None = None) -> list[Needed]:
    """Return the approvals that the quote's present content needs.

    Judged are each line's discount with the quote's, and what the quote as a whole gives away
    against list, adjustments included.
    """
    lines = list(quote.lines.all()) if lines is None else lines
    policies = [
        Policy(p.pk, p.measure, p.limit_percent, p.approver_role)
        for p in ApprovalPolicy.objects.filter(is_active=True)
    ]
    discounts = [
        (f"“{line.description}”", line.combined_discount_percent)
        for line in lines
        if line.kind not in ("bundle", *TEXT_KINDS) and line.is_chosen and not line.is_adjustment
    ]
    if (whole := discount_of(quote)) is not None:
        discounts.append(("the whole quote", whole))
    return approvals_needed(
        policies,
        discounts=discounts,
        margin_percent=margin_of(quote),
        is_cost_known=quote.cost_total is not None,
    )


def margin_of(quote: Quote) -> Decimal | None:
    """Return the margin in per cent of the contract total.

    None when there is no total, or when a product's cost is not known in the quote's currency.
    """
    if quote.cost_total is None:
        return None
    return _percent(quote.contract_total - quote.cost_total, quote.contract_total)


def discount_of(quote: Quote) -> Decimal | None:
    """Return what the quote takes off its list total in per cent; None when nothing has a price."""
    return _percent(quote.list_total - quote.contract_total, quote.list_total)


def _percent(part: Decimal, whole: Decimal) -> Decimal | None:
    if not whole:
        return None
    return (part * 100 / whole).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)

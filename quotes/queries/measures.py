"""What approval policies see of a stored quote."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from q2c.catalog.models import Product
from q2c.kernel.proration import term_end
from quotes.models import TEXT_KINDS, ApprovalPolicy, Quote, QuoteLine
from quotes.queries.price_rules import pricing_of
from quotes.rules.approval import Condition, LineFacts, Measure, Operator, Policy, QuoteFacts, Step
from quotes.rules.approval.facts import percent
from quotes.rules.limits import Below, below_of
from quotes.rules.pricing import PricedLine, Pricing, Totals


def facts_of(quote: Quote, lines: Sequence[QuoteLine]) -> QuoteFacts:
    """Return a quote's measured values as it stands, by its stored prices."""
    counted = [line for line in lines if line.is_sold]
    return _facts(
        quote,
        counted,
        discounts=[line.combined_discount_percent for line in counted],
        nets=[line.net_per_period for line in counted],
        lists=[line.list_per_period for line in counted],
        belows=[below_of(line.waterfall) for line in counted],
    )


def facts_with_options(
    quote: Quote, lines: Sequence[QuoteLine], pricing: Pricing | None = None
) -> QuoteFacts | None:
    """Return the values as if every optional line were chosen; None when there is none to choose.

    Of a choice group the lines not chosen stand in for others: they count line by line, not in the
    totals. `pricing` is that of the lines as they stand, when somebody has priced them already.
    """
    if all(line.is_chosen for line in lines):
        return None
    pricing = pricing or pricing_of(quote, lines)
    counted = [line.is_sold or line.is_optional for line in lines]
    return _repriced(quote, lines, *pricing.counting(counted))


def facts_configured(quote: Quote, lines: Sequence[QuoteLine], pricing: Pricing) -> QuoteFacts:
    """Return the values of a quote whose lines were configured in memory, by their pricing."""
    pairs = [(x, p) for x, p in zip(lines, pricing.priced, strict=True) if x.is_sold]
    return _repriced(quote, [line for line, _ in pairs], [p for _, p in pairs], pricing.totals)


def policies_in_force() -> list[Policy]:
    """Return the policies that quotes are measured by."""
    stored = ApprovalPolicy.objects.filter(is_active=True).order_by("pk")
    return [policy_of(each) for each in stored.prefetch_related("conditions", "steps")]


def policy_of(policy: ApprovalPolicy) -> Policy:
    """Return a stored policy as the rules read it."""
    return Policy(
        policy.pk,
        policy.name,
        tuple(
            Condition(
                Measure(each.measure),
                Operator(each.operator),
                each.limit,
                each.text,
                each.currency,
                each.product_id,
            )
            for each in policy.conditions.all()
        ),
        tuple(
            Step(
                each.stage,
                each.key,
                each.needs_all,
                each.remind_after_hours,
                each.escalate_after_hours,
                f"role:{each.escalate_role}"
                if each.escalate_role
                else f"person:{each.escalate_person_id}"
                if each.escalate_person_id
                else "",
            )
            for each in policy.steps.all()
        ),
        policy.needs_all_conditions,
        policy.counts_options,
    )


def margin_of(quote: Quote) -> Decimal | None:
    """Return the margin in per cent of the contract total.

    None when there is no total, or when a product's cost is not known in the quote's currency.
    """
    if quote.cost_total is None:
        return None
    return percent(quote.contract_total - quote.cost_total, quote.contract_total)


def discount_of(quote: Quote) -> Decimal | None:
    """Return what the quote takes off its list total in per cent; None when nothing has a price."""
    return percent(quote.list_total - quote.contract_total, quote.list_total)


def _repriced(
    quote: Quote, lines: Sequence[QuoteLine], priced: Sequence[PricedLine], totals: Totals
) -> QuoteFacts:
    facts = _facts(
        quote,
        lines,
        discounts=[p.discount_percent for p in priced],
        nets=[p.net_per_period.amount for p in priced],
        lists=[p.list_per_period.amount for p in priced],
        belows=[p.below for p in priced],
    )
    return replace(
        facts,
        contract_total=totals.contract.amount,
        monthly_total=totals.monthly.amount,
        list_total=totals.list.amount,
        cost_total=None if totals.cost is None else totals.cost.amount,
    )


def _facts(
    quote: Quote,
    lines: Sequence[QuoteLine],
    *,
    discounts: Sequence[Decimal],
    nets: Sequence[Decimal],
    lists: Sequence[Decimal],
    belows: Sequence[tuple[Below, ...]],
) -> QuoteFacts:
    rows = list(zip(lines, discounts, nets, lists, belows, strict=True))
    categories: dict[int, str] = dict(
        Product.objects.filter(pk__in={line.product_id for line in lines}).values_list(
            "pk", "category"
        )
    )
    return QuoteFacts(
        currency=quote.currency,
        lines=tuple(
            _line(line, max(discount, _agreed(line, net, listed)), categories, below)
            for line, discount, net, listed, below in rows
            if line.kind not in ("bundle", *TEXT_KINDS) and not _is_given(line)
        ),
        contract_total=quote.contract_total,
        monthly_total=quote.monthly_total,
        list_total=quote.list_total,
        cost_total=quote.cost_total,
        header_percent=quote.discount_percent,
        term_months=quote.term_months,
        payment_terms_days=quote.payment_terms_days,
        own_text="\n\n".join(text for text in (quote.notes, quote.cover_letter) if text.strip()),
        ramp=_ramp(lines),
        free_months=max(
            (
                _months(quote, line)
                for line, _, net, listed, _ in rows
                if listed > 0 and not net and not line.is_free_by_list
            ),
            default=0,
        ),
        segment=quote.customer.segment,
    )


def _is_given(line: QuoteLine) -> bool:
    """Tell whether a line is what it is by itself: an adjustment, or free by the price book."""
    return line.is_adjustment or line.is_free_by_list


def _line(
    line: QuoteLine, discount: Decimal, categories: dict[int, str], below: tuple[Below, ...]
) -> LineFacts:
    return LineFacts(
        label=line.description,
        product_id=line.product_id,
        quantity=line.quantity,
        discount_percent=discount,
        own_percent=line.discount_percent,
        is_agreed=line.agreed_unit_price is not None,
        category=categories.get(line.product_id or 0, ""),
        below=below,
    )


def _agreed(line: QuoteLine, net: Decimal, listed: Decimal) -> Decimal:
    """Return what an agreed price takes off the list price, with all that follows it."""
    if line.agreed_unit_price is None:
        return Decimal(0)
    return percent(listed - net, listed) or Decimal(0)


def _ramp(lines: Sequence[QuoteLine]) -> str:
    firsts = {line.ramp_of_id for line in lines if line.ramp_of_id}
    return "\n".join(
        f"{line.description} from {line.starts_on}: {line.quantity.normalize():f} × {line.net_per_period}"
        for line in lines
        if line.ramp_of_id or line.pk in firsts
    )


def _months(quote: Quote, line: QuoteLine) -> int:
    """Return for how many months a line recurs, begun ones as whole."""
    if line.charge_kind != "recurring":
        return 0
    start = line.starts_on or quote.starts_on
    end = line.ends_on or term_end(quote.starts_on, months=quote.term_months)
    return _between(start, end)


def _between(start: date, end: date) -> int:
    months = (end.year - start.year) * 12 + end.month - start.month
    return months + (end.day > start.day)

"""What a customer has bought before: quantities by product, on offers that they accepted."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from q2c.infra.clock import day_in
from quotes.models import PriceRule, Quote, QuoteKind, QuoteLine, Selection


def bought_before(
    quote: Quote, rules: Iterable[PriceRule], product_ids: Iterable[int]
) -> dict[int, dict[int, Decimal]]:
    """Return, for each rule that counts it, how many units of products the customer bought before.

    What was accepted of new offers counts, within the rule's days; of a ramp its first segment.
    """
    counting = [rule for rule in rules if rule.counts_bought]
    if not counting:
        return {}
    rows = _accepted(quote, product_ids)
    return {
        rule.pk: _sums((product, units) for product, units, day in rows if _is_within(rule, day))
        for rule in counting
    }


def _accepted(quote: Quote, product_ids: Iterable[int]) -> list[tuple[int, Decimal, date]]:
    lines = QuoteLine.objects.filter(
        quote__customer_id=quote.customer_id, quote__state="accepted", quote__kind=QuoteKind.NEW,
        product_id__in=set(product_ids), ramp_of=None, setup_of=None, is_adjustment=False,
    ).exclude(quote__number=quote.number)  # fmt: skip
    found = list(
        lines.values_list(
            "pk", "product_id", "quantity", "is_chosen", "quote_id", "quote__decided_at"
        )
    )
    chosen: dict[int, Mapping[str, Mapping[str, str | bool]]] = dict(
        Selection.objects.filter(
            pk__in=QuoteLine.objects.filter(pk__in=[row[0] for row in found]).values(
                "quote__acceptance__selection"
            )
        ).values_list("quote_id", "lines")
    )
    zone, rows = quote.legal_entity.time_zone, []
    for pk, product_id, quantity, is_chosen, quote_id, decided_at in found:
        own = chosen.get(quote_id, {}).get(str(pk), {})
        if own.get("is_chosen", is_chosen) and decided_at is not None:
            units = Decimal(str(own.get("quantity", quantity)))
            rows.append((product_id or 0, units, day_in(zone, decided_at)))
    return rows


def _is_within(rule: PriceRule, day: date) -> bool:
    is_early = rule.starts_on is not None and day < rule.starts_on
    return not is_early and (rule.ends_on is None or day < rule.ends_on)


def _sums(rows: Iterable[tuple[int, Decimal]]) -> dict[int, Decimal]:
    sums: dict[int, Decimal] = {}
    for product, units in rows:
        sums[product] = sums.get(product, Decimal(0)) + units
    return sums

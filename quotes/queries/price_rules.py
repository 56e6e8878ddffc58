"""The price rules that hold for a quote."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from q2c.catalog.models import Product
from q2c.infra.clock import day_in
from quotes.models import CouponUse, PriceRule, Quote, QuoteLine
from quotes.queries.books import region_of
from quotes.queries.bought import bought_before
from quotes.queries.prices import line_terms, quote_terms
from quotes.rules import price_rules as rules
from quotes.rules import rule_words
from quotes.rules.conditions import DealFacts
from quotes.rules.pricing import Pricing
from quotes.rules.rule_sets import rule_from_json, rule_set_from_json

_COUNTS = ("sent", "accepted")  # states in which a quote uses up its coupon


def rule_of(row: PriceRule) -> rules.PriceRule:
    """Return a stored rule as the engine reads it."""
    names = rules.PriceRule.__dataclass_fields__
    return rule_from_json({name: getattr(row, name) for name in names})


def rules_of(quote: Quote) -> rules.RuleSet:
    """Return the rules that a quote was last priced with."""
    return rule_set_from_json(quote.rule_set)


def pricing_of(quote: Quote, lines: Sequence[QuoteLine]) -> Pricing:
    """Price lines by the rules that a quote was last priced with."""
    return Pricing([line_terms(line) for line in lines], quote_terms(quote), rules_of(quote))


def pricing_day(quote: Quote) -> date:
    """Return the day whose rules hold for a quote: chosen, or when this version was started."""
    return quote.priced_on or day_in(quote.legal_entity.time_zone, quote.created_at)


def current_rules(quote: Quote, lines: Sequence[QuoteLine], *, on: date) -> rules.RuleSet:
    """Return the rules in force on a day with what they may know of the quote."""
    stored = list(PriceRule.objects.filter(is_active=True))
    return rule_set(quote, lines, stored, on=on)


def rule_set(
    quote: Quote, lines: Sequence[QuoteLine], stored: Sequence[PriceRule], *, on: date
) -> rules.RuleSet:
    """Return stored rules as a set for one quote."""
    if not stored:
        return rules.NO_RULES
    deal = deal_of(quote, on=on)
    spent = {
        row.pk: words
        for row in stored
        if row.coupon == deal.coupon and (words := spent_by(row, quote))
    }
    found = Product.objects.filter(pk__in={line.product_id for line in lines})
    return rules.RuleSet(
        tuple(rule_of(row) for row in stored),
        deal,
        {pk: (sku, category) for pk, sku, category in found.values_list("pk", "sku", "category")},
        spent,
        bought_before(quote, stored, (line.product_id for line in lines if line.product_id)),
    )


def deal_of(quote: Quote, *, on: date) -> DealFacts:
    """Return what conditions may know of a quote on a day."""
    return DealFacts(
        date=on,
        currency=quote.currency,
        term_months=quote.term_months,
        segment=quote.customer.segment,
        region=region_of(quote.customer_id),
        channel=quote.channel,
        coupon=quote.coupon_code.upper(),
        quote_kind=quote.kind,
        customer=quote.customer.number,
    )


def uses_of(rule: PriceRule) -> QuerySet[CouponUse]:
    """Return the uses of a coupon that count: by quotes that are sent or accepted."""
    living = Quote.objects.filter(number=OuterRef("quote_number"), state__in=_COUNTS)
    return CouponUse.objects.filter(Exists(living), rule=rule)


def spent_by(rule: PriceRule, quote: Quote) -> str:
    """Return why a coupon cannot be used by a quote any more; empty when it can."""
    if not rule.coupon:
        return ""
    others = uses_of(rule).exclude(quote_number=quote.number)
    if rule.max_uses is not None and (used := others.count()) >= rule.max_uses:
        return f"the coupon {rule.coupon} is used up: {used} of {rule.max_uses}"
    most = rule.max_uses_per_customer
    if most is not None:
        used = others.filter(customer_id=quote.customer_id).count()
        if used >= most:
            return f"this customer has used up the coupon {rule.coupon}: {used} of {most}"
    return ""


def coupon_rule(code: str) -> PriceRule | None:
    """Return the rule in force that a coupon opens."""
    return PriceRule.objects.filter(is_active=True, coupon=code.strip().upper()).first()


def price_rules(text: str = "") -> QuerySet[PriceRule]:
    """Return all rules, those in force first, then as they apply."""
    found = PriceRule.objects.select_related("replaces")
    for word in text.split():
        found = found.filter(Q(name__icontains=word) | Q(coupon__icontains=word))
    return found.order_by("-is_active", "stage", "-priority", "id")


def in_words(rows: Iterable[PriceRule]) -> list[tuple[PriceRule, str]]:
    """Return each rule with the sentence that says what it does."""
    return [(row, rule_words.in_words(rule_of(row))) for row in rows]

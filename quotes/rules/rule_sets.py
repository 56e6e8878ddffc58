"""Rules as JSON: a quote keeps those it was priced with, so that it is never priced otherwise."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from q2c.kernel.discounts import Towards
from quotes.rules.conditions import DealFacts, read_conditions
from quotes.rules.price_rules import (
    NO_RULES,
    Combination,
    Effect,
    Measure,
    PriceRule,
    RuleSet,
    read_breaks,
    stored_breaks,
)


def rule_to_json(rule: PriceRule) -> dict[str, Any]:
    """Return a rule as plain values."""
    values = {name: getattr(rule, name) for name in PriceRule.__dataclass_fields__}
    return {
        **{name: _plain(value) for name, value in values.items()},
        "conditions": [condition.to_json() for condition in rule.conditions],
        "breaks": stored_breaks(rule.breaks),
        "bought": list(rule.bought),
    }


def rule_from_json(stored: Mapping[str, Any]) -> PriceRule:
    """Read a rule; refuses conditions and breaks that make no sense."""
    values = {name: stored[name] for name in PriceRule.__dataclass_fields__ if name in stored}
    values |= {
        "effect": Effect(stored["effect"]),
        "measure": Measure(stored.get("measure") or Measure.QUANTITY),
        "combination": Combination(stored.get("combination") or Combination.SEQUENTIAL),
        "value": Decimal(str(stored.get("value") or 0)),
        "cap": _limit(stored.get("cap")),
        "most_units": _limit(stored.get("most_units")),
        "starts_on": _day(stored.get("starts_on")),
        "ends_on": _day(stored.get("ends_on")),
        "conditions": read_conditions(stored.get("conditions") or ()),
        "breaks": read_breaks(stored.get("breaks") or ()),
        "extra": Decimal(str(stored.get("extra") or 0)),
        "towards": Towards(stored.get("towards") or Towards.NEAREST),
        "per_units": _limit(stored.get("per_units")),
        "bought": tuple(stored.get("bought") or ()),
    }
    return PriceRule(**values)


def rule_set_to_json(rules: RuleSet) -> dict[str, Any]:
    """Return a rule set as plain values; empty when it has no rules."""
    if not rules.rules or rules.deal is None:
        return {}
    return {
        "rules": [rule_to_json(rule) for rule in rules.rules],
        "deal": {name: _plain(value) for name, value in asdict(rules.deal).items()},
        "products": {str(pk): list(names) for pk, names in rules.products.items()},
        "spent": {str(pk): words for pk, words in rules.spent.items()},
        "bought": {
            str(pk): {str(product): str(units) for product, units in found.items()}
            for pk, found in rules.bought.items()
        },
    }


def rule_set_from_json(stored: Mapping[str, Any]) -> RuleSet:
    """Read a rule set as a quote keeps it."""
    if not stored:
        return NO_RULES
    deal = dict(stored["deal"])
    return RuleSet(
        tuple(rule_from_json(rule) for rule in stored["rules"]),
        DealFacts(**{**deal, "date": date.fromisoformat(deal["date"])}),
        {int(pk): (sku, category) for pk, (sku, category) in stored["products"].items()},
        {int(pk): words for pk, words in stored["spent"].items()},
        {
            int(pk): {int(product): Decimal(units) for product, units in found.items()}
            for pk, found in stored.get("bought", {}).items()
        },
    )


def _limit(stored: Any) -> Decimal | None:
    return None if stored in (None, "") else Decimal(str(stored))


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _day(value: Any) -> date | None:
    if not value:
        return None
    return value if isinstance(value, date) else date.fromisoformat(str(value))

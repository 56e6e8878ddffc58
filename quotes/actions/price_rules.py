"""Write price rules, put them in force, and hold the use of coupons to their limits."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction

from q2c.catalog.models import Product
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.locks import check_version, locked
from q2c.kernel.errors import Refused
from quotes.actions.in_force import begin, end, end_replaced
from quotes.actions.rule_conditions import checked_conditions
from quotes.events import PriceRuleEdited
from quotes.models import CouponUse, PriceRule, Quote
from quotes.queries import coupon_rule, rule_of, spent_by
from quotes.rules.price_rules import check_rule
from quotes.rules.rule_sets import rule_from_json
from quotes.rules.rule_words import in_words


@dataclass(frozen=True, kw_only=True)
class RuleDraft:
    """A rule as told; conditions and breaks are rows as documents store them."""

    name: str
    effect: str
    value: Decimal = Decimal(0)
    breaks: tuple[Mapping[str, Any], ...] = ()
    measure: str = "quantity"
    is_across: bool = False
    conditions: tuple[Mapping[str, Any], ...] = ()
    match_any: bool = False
    stage: int = 10
    combination: str = "sequential"
    priority: int = 0
    of_list: bool = False
    currency: str = ""
    cap: Decimal | None = None
    most_units: Decimal | None = None
    blocks: bool = False
    is_graduated: bool = False
    extra: Decimal = Decimal(0)
    towards: str = "nearest"
    per_units: Decimal | None = None
    bought: tuple[str, ...] = ()
    counts_bought: bool = False
    starts_on: date | None = None
    ends_on: date | None = None
    coupon: str = ""
    max_uses: int | None = None
    max_uses_per_customer: int | None = None


@transaction.atomic
def add_price_rule(
    draft: RuleDraft, *, by: User, at: datetime, replaces_id: int | None = None
) -> PriceRule:
    """Write a rule that is not in force yet: try it out in the laboratory first."""
    require(by, Permission.EDIT_CATALOG)
    values = _checked(draft)
    if replaces_id is not None and not PriceRule.objects.filter(pk=replaces_id).exists():
        raise Refused("The rule that this one was to replace is gone.")
    rule = PriceRule.objects.create(**values, replaces_id=replaces_id, created_at=at)
    _publish(rule, {"rule": ["", in_words(rule_of(rule))]}, by=by, at=at)
    return rule


@transaction.atomic
def change_price_rule(
    rule_id: int, draft: RuleDraft, *, by: User, at: datetime, seen: int | None = None
) -> PriceRule:
    """Change a rule that is not in force; one in force is changed by a draft that replaces it.

    `seen` is the version that the person looked at.
    """
    require(by, Permission.EDIT_CATALOG)
    rule = locked(PriceRule, rule_id)
    check_version(rule.version, seen)
    if rule.is_active:
        raise Refused("This rule is in force. Draft a change, try it out, and put that in force.")
    values = _checked(draft, besides=rule)
    before = in_words(rule_of(rule))
    for name, value in values.items():
        setattr(rule, name, value)
    rule.version += 1
    rule.save()
    _publish(rule, {"rule": [before, in_words(rule_of(rule))]}, by=by, at=at)
    return rule


@transaction.atomic
def activate_price_rule(rule_id: int, *, by: User, at: datetime) -> PriceRule:
    """Put a rule in force for drafts from now on; the one it replaces ends."""
    require(by, Permission.EDIT_CATALOG)
    rule = locked(PriceRule, rule_id)
    if rule.is_active:
        return rule
    tell = partial(_publish, by=by, at=at)
    end_replaced(rule, tell, words=f"replaced by {rule.name}")
    taken = PriceRule.objects.filter(coupon=rule.coupon, is_active=True).exclude(coupon="")
    if other := taken.exclude(pk=rule.pk).first():
        raise Refused(f"“{other.name}” has the coupon {rule.coupon} already.", field="coupon")
    begin(rule, tell)
    return rule


@transaction.atomic
def retire_price_rule(rule_id: int, *, by: User, at: datetime) -> PriceRule:
    """Take a rule out of force; quotes that were sent keep what it gave them."""
    require(by, Permission.EDIT_CATALOG)
    rule = locked(PriceRule, rule_id)
    end(rule, partial(_publish, by=by, at=at))
    return rule


def check_coupon(code: str, quote: Quote) -> None:
    """Refuse a coupon that is unknown or used up."""
    if not code.strip():
        return
    rule = coupon_rule(code)
    if rule is None:
        raise Refused(f"There is no coupon {code.strip().upper()} in force.", field="coupon_code")
    if why := spent_by(rule, quote):
        raise Refused(f"{why[0].upper()}{why[1:]}.", field="coupon_code")


def reserve_coupon(quote: Quote, *, at: datetime) -> None:
    """Reserve the coupon of a quote that is sent, so that it can be accepted; once per quote."""
    if not quote.coupon_code:
        return
    rule = coupon_rule(quote.coupon_code)
    if rule is None:
        raise Refused(f"The coupon {quote.coupon_code} is no longer in force.", field="coupon_code")
    rule = locked(PriceRule, rule.pk)
    if why := spent_by(rule, quote):
        raise Refused(f"{why[0].upper()}{why[1:]}. Take it off the quote.", field="coupon_code")
    CouponUse.objects.get_or_create(
        rule=rule,
        quote_number=quote.number,
        defaults={"customer_id": quote.customer_id, "at": at},
    )


def _checked(draft: RuleDraft, *, besides: PriceRule | None = None) -> dict[str, Any]:
    values = asdict(draft) | {"name": draft.name.strip(), "coupon": draft.coupon.strip().upper()}
    try:
        rule = rule_from_json({**values, "id": 0})
    except ValueError:
        raise Refused("Choose what the rule does.", field="effect") from None
    check_rule(rule)
    if any(same != besides for same in PriceRule.objects.filter(name=values["name"])):
        raise Refused("Another rule has this name.", field="name")
    for name in ("max_uses", "max_uses_per_customer"):
        if values[name] is not None and (values[name] < 1 or not values["coupon"]):
            raise Refused("A coupon may be used once or more; give its code.", field=name)
    conditions = checked_conditions(rule.conditions)
    values["conditions"] = [condition.to_json() for condition in conditions]
    values["breaks"] = list(draft.breaks)
    values["bought"] = list(rule.bought)
    _check_sold(rule.bought)
    return values


def _check_sold(skus: Sequence[str]) -> None:
    known = set(Product.objects.filter(sku__in=skus).values_list("sku", flat=True))
    if missing := sorted(set(skus) - known):
        raise Refused(f"There is no product {', '.join(missing)}.", field="bought")


def _publish(rule: PriceRule, changes: dict[str, list[str]], *, by: User, at: datetime) -> None:
    publish(PriceRuleEdited(at=at, price_rule_id=rule.pk), by=by, changes=changes)

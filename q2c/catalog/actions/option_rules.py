"""What options of a bundle ask of each other."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from q2c.catalog.actions.bundles import bundle_to_edit
from q2c.catalog.actions.versions import product_to_edit, publish_change
from q2c.catalog.bundles import bundle_trees
from q2c.catalog.models import OptionRule, Product, RuleKind
from q2c.catalog.rules.configuring import options_by_path
from q2c.identity.models import User
from q2c.kernel.errors import Refused


@dataclass(frozen=True, kw_only=True)
class RuleDraft:
    """`product_id` requires or excludes `other_id`; with `counts_owned` also what the customer has.

    The message is told instead of our own words when the rule is broken.
    """

    kind: str
    product_id: int
    other_id: int
    counts_owned: bool = False
    message: str = ""


@transaction.atomic
def set_option_rule(
    bundle_id: int, draft: RuleDraft, *, by: User | None, at: datetime
) -> OptionRule:
    """Add a rule to a bundle, or change the one between the same two products."""
    bundle = bundle_to_edit(bundle_id, by=by)
    if draft.kind not in RuleKind.values:
        raise Refused("A rule requires or excludes.", field="kind")
    if len(draft.message) > 300:
        raise Refused("At most 300 characters, please.", field="message")
    if draft.product_id == draft.other_id:
        raise Refused("Choose two different products.", field="other")
    known = {path[-1] for path in options_by_path(bundle_trees([bundle.pk])[bundle.pk])}
    if draft.product_id not in known:
        raise Refused(f"Choose an option of {bundle.name}.", field="product")
    other = Product.objects.filter(pk=draft.other_id).first()
    if other is None or (draft.other_id not in known and not draft.counts_owned):
        words = f"Choose an option of {bundle.name}, or count what the customer already has."
        raise Refused(words, field="other")
    rule, _ = OptionRule.objects.update_or_create(
        bundle=bundle,
        kind=draft.kind,
        product_id=draft.product_id,
        other=other,
        defaults={"counts_owned": draft.counts_owned, "message": draft.message.strip()},
    )
    publish_change(bundle, {"rule": [None, _words(rule)]}, by=by, at=at)
    return rule


@transaction.atomic
def remove_option_rule(bundle_id: int, rule_id: int, *, by: User | None, at: datetime) -> None:
    """Take a rule away."""
    bundle = product_to_edit(bundle_id, by=by)
    rule = bundle.option_rules.filter(pk=rule_id).first()
    if rule is None:
        raise Refused("There is no such rule; somebody may have removed it.")
    was = _words(rule)
    rule.delete()
    publish_change(bundle, {"rule": [was, None]}, by=by, at=at)


def _words(rule: OptionRule) -> str:
    return f"{rule.product.name} {rule.kind} {rule.other.name}"

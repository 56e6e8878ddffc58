"""Price rules for programs."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.response import Response

from q2c.api.fields import Id, Input, Plain
from q2c.api.filters import text, truth
from q2c.api.history import WithHistory
from q2c.api.resources import look, verb
from q2c.identity.roles import Permission
from q2c.kernel.discounts import Towards
from q2c.kernel.rating import plain
from quotes.actions import (
    RuleDraft,
    activate_price_rule,
    add_price_rule,
    change_price_rule,
    retire_price_rule,
    try_price_rule,
)
from quotes.models import CouponUse, PriceRule
from quotes.queries import rule_of, uses_of
from quotes.rules.price_rules import Combination, Effect, Measure
from quotes.rules.rule_words import in_words

_RULE = [
    "name", "effect", "value", "breaks", "measure", "is_across", "conditions", "match_any", "stage",
    "combination", "priority", "of_list", "currency", "cap", "most_units", "blocks", "starts_on",
    "ends_on",
    "is_graduated", "extra", "towards", "per_units", "bought", "counts_bought", "coupon", "max_uses", "max_uses_per_customer",
]  # fmt: skip


class PriceRuleSerializer(serializers.ModelSerializer):
    """A rule that changes prices while `is_active`; `sentence` says what it does."""

    value = Plain()
    cap = serializers.DecimalField(max_digits=19, decimal_places=4, allow_null=True)
    most_units = Plain(allow_null=True)
    extra = Plain()
    per_units = Plain(allow_null=True)
    bought = serializers.ListField(child=serializers.CharField())
    breaks = serializers.ListField(child=serializers.DictField())
    conditions = serializers.ListField(child=serializers.DictField())
    replaces_id = serializers.IntegerField(allow_null=True)
    sentence = serializers.SerializerMethodField()

    class Meta:
        model = PriceRule
        fields = ["id", *_RULE, "is_active", "replaces_id", "sentence", "created_at"]
        read_only_fields = fields

    def get_sentence(self, rule: PriceRule) -> str:
        return in_words(rule_of(rule))


class BreakInput(Input):
    """From `least` on, `percent` off."""

    least = serializers.DecimalField(max_digits=18, decimal_places=6, min_value=0)
    percent = serializers.DecimalField(max_digits=7, decimal_places=4, min_value=0, max_value=100)


class RuleConditionInput(Input):
    """A comparison: `is` and `is_not` with a list of words, the others with a number or day."""

    field = serializers.CharField(max_length=20)
    operator = serializers.ChoiceField(["is", "is_not", "at_least", "at_most"])
    value = serializers.JSONField()


class PriceRuleChange(Input):
    """The fields of a rule that may be changed; those left out stay.

    The effect `round` makes a unit's price a multiple of `value` (`towards` nearest, up or down) and
    adds `extra`: 10 and -0.01 end prices in 9.99. `free` gives `value` units for every `per_units`
    of the line, or of lines of the SKUs `bought`. Breaks with `is_graduated` give each band its own
    per cent; with `counts_bought` they count what the customer bought before. `markup` adds at least `extra` to the cost of a unit; `uplift` is per cent on top.
    """

    name = serializers.CharField(max_length=100, required=False)
    effect = serializers.ChoiceField([effect.value for effect in Effect], required=False)
    value = serializers.DecimalField(max_digits=18, decimal_places=8, required=False)
    breaks = BreakInput(many=True, required=False)
    measure = serializers.ChoiceField([measure.value for measure in Measure], required=False)
    is_across = serializers.BooleanField(required=False)
    conditions = RuleConditionInput(many=True, required=False)
    match_any = serializers.BooleanField(required=False)
    stage = serializers.IntegerField(required=False)
    combination = serializers.ChoiceField([c.value for c in Combination], required=False)
    priority = serializers.IntegerField(required=False)
    of_list = serializers.BooleanField(required=False)
    currency = serializers.CharField(max_length=3, required=False, allow_blank=True)
    cap = serializers.DecimalField(max_digits=19, decimal_places=4, required=False, allow_null=True)
    most_units = serializers.DecimalField(
        max_digits=18, decimal_places=6, required=False, allow_null=True
    )
    blocks = serializers.BooleanField(required=False)
    is_graduated = serializers.BooleanField(required=False)
    counts_bought = serializers.BooleanField(required=False)
    extra = serializers.DecimalField(max_digits=18, decimal_places=8, required=False)
    towards = serializers.ChoiceField([each.value for each in Towards], required=False)
    per_units = serializers.DecimalField(
        max_digits=18, decimal_places=6, required=False, allow_null=True
    )
    bought = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, max_length=50
    )
    starts_on = serializers.DateField(required=False, allow_null=True)
    ends_on = serializers.DateField(required=False, allow_null=True)
    coupon = serializers.CharField(max_length=40, required=False, allow_blank=True)
    max_uses = serializers.IntegerField(required=False, allow_null=True, min_value=1)
    max_uses_per_customer = serializers.IntegerField(required=False, allow_null=True, min_value=1)


class PriceRuleInput(PriceRuleChange):
    """A rule to write; it is not in force until it is activated."""

    name = serializers.CharField(max_length=100)
    effect = serializers.ChoiceField([effect.value for effect in Effect])
    replaces_id = Id(required=False, allow_null=True)


class TrialInput(Input):
    """On how many of the latest quotes the rule is tried."""

    last = serializers.IntegerField(min_value=1, max_value=5000, default=100)


class StartedTrialSerializer(serializers.Serializer[Any]):
    """The trial to ask for under `price-rule-trials`; a worker goes on with a long one."""

    trial_id = serializers.IntegerField()


class CouponUseSerializer(serializers.ModelSerializer):
    """A quote that is sent or accepted with the coupon of the rule."""

    customer_id = serializers.IntegerField()
    number = serializers.CharField(source="quote_number")

    class Meta:
        model = CouponUse
        fields = ["number", "customer_id"]
        read_only_fields = fields


class PriceRules(WithHistory):
    """What changes list prices on its own, stage by stage."""

    scope = "products"
    permission = Permission.VIEW_CATALOG
    document = "price_rule"
    order = ("stage", "id")
    number_field = ""
    version_field = "version"
    serializer_class = PriceRuleSerializer
    filters = {"name": text("name"), "coupon": text("coupon"), "is_active": truth("is_active")}

    def rows(self) -> QuerySet[PriceRule]:
        return PriceRule.objects.all()

    @verb("products:write", takes=PriceRuleInput, status=201, is_about_one=False)
    def create(self, data: dict[str, Any]) -> int:
        """Write a rule that is not in force yet."""
        replaces = data.pop("replaces_id", None)
        draft = RuleDraft(**_rows(data))
        return add_price_rule(draft, by=self.by, at=self.at, replaces_id=replaces).pk

    @verb("products:write", takes=PriceRuleChange, method="patch")
    def partial_update(self, rule: PriceRule, data: dict[str, Any]) -> None:
        """Change a rule that is not in force."""
        now = {name: getattr(rule, name) for name in _RULE}
        draft = RuleDraft(**now | _rows(data))
        change_price_rule(rule.pk, draft, by=self.by, at=self.at, seen=self.seen_version())

    @verb("products:write")
    def activate(self, rule: PriceRule) -> None:
        """Put a rule in force; the one it replaces ends."""
        activate_price_rule(rule.pk, by=self.by, at=self.at)

    @verb("products:write")
    def retire(self, rule: PriceRule) -> None:
        """Take a rule out of force; sent quotes keep what it gave them."""
        retire_price_rule(rule.pk, by=self.by, at=self.at)

    @verb(
        "products:write", takes=TrialInput, path="trials", gives=StartedTrialSerializer, status=201
    )
    def try_out(self, rule: PriceRule, data: dict[str, Any]) -> Response:
        """Price the last quotes with and without a rule, before it is put in force."""
        trial = try_price_rule(rule.pk, last=data["last"], by=self.by, at=self.at)
        return Response({"trial_id": trial.pk}, status=201)

    @look(CouponUseSerializer, many=True, path="coupon-uses")
    def coupon_uses(self, rule: PriceRule) -> list[CouponUse]:
        """List the latest 200 uses of a coupon that count against its limits."""
        return list(uses_of(rule).order_by("-pk")[:200])


def _rows(data: dict[str, Any]) -> dict[str, Any]:
    if "breaks" in data:
        data["breaks"] = tuple(
            {name: plain(value) for name, value in row.items()} for row in data["breaks"]
        )
    if "conditions" in data:
        data["conditions"] = tuple(data["conditions"])
    if "bought" in data:
        data["bought"] = tuple(data["bought"])
    return data

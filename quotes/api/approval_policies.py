"""Approval policies for programs: who is asked, when, and what a policy would ask of a quote."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from q2c.api.fields import Id, Input, Plain
from q2c.api.filters import truth
from q2c.api.history import WithHistory
from q2c.api.problems import BadParameter
from q2c.api.resources import look, verb
from q2c.identity.roles import Permission
from q2c.kernel.errors import Refused
from quotes.actions import PolicyDraft, add_policy, change_policy
from quotes.api.approval_shapes import NeededApprovalSerializer
from quotes.models import ApprovalCondition, ApprovalPolicy, ApprovalStep
from quotes.queries import Review, approvals_for, policy_of, visible_to
from quotes.rules.approval import Condition, Measure, Operator, Step


class ApprovalConditionSerializer(serializers.ModelSerializer):
    """A comparison: a number has its `limit`, a product its id, a word its `text`."""

    limit = Plain(allow_null=True)
    product_id = serializers.IntegerField(allow_null=True)

    class Meta:
        model = ApprovalCondition
        fields = ["measure", "operator", "limit", "currency", "product_id", "text"]
        read_only_fields = fields


class ApprovalStepSerializer(serializers.ModelSerializer):
    """Whom a stage asks: a role, a person, or a manager of the owner so many levels up."""

    person_id = serializers.IntegerField(allow_null=True)
    escalate_person_id = serializers.IntegerField(allow_null=True)

    class Meta:
        model = ApprovalStep
        fields = [
            "stage", "asks", "role", "person_id", "manager_level", "needs_all",
            "remind_after_hours", "escalate_after_hours", "escalate_role", "escalate_person_id",
        ]  # fmt: skip
        read_only_fields = fields


class ApprovalPolicySerializer(serializers.ModelSerializer):
    """When a quote needs approval, and by whom, stage after stage."""

    conditions = ApprovalConditionSerializer(many=True)
    steps = ApprovalStepSerializer(many=True)

    class Meta:
        model = ApprovalPolicy
        fields = [
            "id", "name", "is_active", "needs_all_conditions", "counts_options", "conditions",
            "steps",
        ]  # fmt: skip
        read_only_fields = fields


class ConditionInput(Input):
    """A comparison: a number has its `limit`, a product its id, a word its `text`."""

    measure = serializers.ChoiceField([measure.value for measure in Measure])
    operator = serializers.ChoiceField([operator.value for operator in Operator])
    limit = serializers.DecimalField(
        max_digits=19, decimal_places=4, required=False, allow_null=True
    )
    currency = serializers.CharField(max_length=3, required=False, allow_blank=True)
    product_id = Id(required=False, allow_null=True)
    text = serializers.CharField(max_length=200, required=False, allow_blank=True)


class StepInput(Input):
    """Whom a stage asks: a role, a person, or a manager of the owner one or two levels up."""

    stage = serializers.IntegerField(default=1)
    asks = serializers.ChoiceField(["role", "person", "manager"])
    role = serializers.CharField(max_length=20, required=False, allow_blank=True)
    person_id = Id(required=False, allow_null=True)
    manager_level = serializers.IntegerField(default=1)
    needs_all = serializers.BooleanField(default=False)
    remind_after_hours = serializers.IntegerField(required=False, allow_null=True)
    escalate_after_hours = serializers.IntegerField(required=False, allow_null=True)
    escalate_role = serializers.CharField(max_length=20, required=False, allow_blank=True)
    escalate_person_id = Id(required=False, allow_null=True)


class ApprovalPolicyChange(Input):
    """What of a policy may be changed; what is left out stays, lists are given whole."""

    name = serializers.CharField(max_length=100, required=False)
    is_active = serializers.BooleanField(required=False)
    needs_all_conditions = serializers.BooleanField(required=False)
    counts_options = serializers.BooleanField(required=False)
    conditions = ConditionInput(many=True, required=False)
    steps = StepInput(many=True, required=False)


class ApprovalPolicyInput(ApprovalPolicyChange):
    """A new policy; quotes submitted from now on are measured by it."""

    name = serializers.CharField(max_length=100)
    conditions = ConditionInput(many=True)
    steps = StepInput(many=True)


class TryPolicyInput(Input):
    """A quote to measure."""

    quote_id = Id()


class ApprovalPolicies(WithHistory):
    """The policies by which quotes need approval."""

    scope = "quotes"
    permission = Permission.VIEW_QUOTES
    document = "approval_policy"
    order = ("name", "id")
    number_field = ""
    version_field = "version"
    serializer_class = ApprovalPolicySerializer
    summary_class = ApprovalPolicySerializer
    filters = {"is_active": truth("is_active")}

    def rows(self) -> QuerySet[ApprovalPolicy]:
        return ApprovalPolicy.objects.prefetch_related("conditions", "steps")

    @verb("policies:write", takes=ApprovalPolicyInput, status=201, is_about_one=False)
    def create(self, data: dict[str, Any]) -> int:
        """Write a policy."""
        with _named_as_sent():
            return add_policy(_draft(data), by=self.by, at=self.at).pk

    @verb("policies:write", takes=ApprovalPolicyChange, method="patch")
    def partial_update(self, policy: ApprovalPolicy, data: dict[str, Any]) -> None:
        """Change a policy or switch it off; approvals asked for already stay as they are."""
        now, seen = _now(policy), self.seen_version()
        with _named_as_sent():
            change_policy(policy.pk, _draft(now | data), by=self.by, at=self.at, seen=seen)

    @look(NeededApprovalSerializer, many=True, takes=TryPolicyInput, path="trial")
    def trial(self, policy: ApprovalPolicy, asked: dict[str, Any]) -> list[Review]:
        """Say what this policy alone would ask about a quote, also while it is not in force."""
        quote = visible_to(self.by).filter(pk=asked["quote_id"]).select_related("owner").first()
        if quote is None:
            raise BadParameter("quote_id", "There is no such quote that you may see.")
        return approvals_for(quote, by=quote.owner, at=self.at, policies=[policy_of(policy)])


def _draft(data: dict[str, Any]) -> PolicyDraft:
    values = dict(data)
    conditions = tuple(
        Condition(Measure(row["measure"]), Operator(row["operator"]), **_told(row, _CONDITION))
        for row in values.pop("conditions")
    )
    steps = tuple(_step(row) for row in values.pop("steps"))
    return PolicyDraft(conditions=conditions, steps=steps, **values)


_CONDITION = ("limit", "text", "currency", "product_id")
_HEAD = ("name", "is_active", "needs_all_conditions", "counts_options")


def _told(row: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in names if name in row}


def _step(row: dict[str, Any]) -> Step:
    whom = {
        "role": row.get("role"),
        "person": row.get("person_id"),
        "manager": row["manager_level"],
    }
    higher = ""
    if row.get("escalate_role"):
        higher = f"role:{row['escalate_role']}"
    elif row.get("escalate_person_id"):
        higher = f"person:{row['escalate_person_id']}"
    return Step(
        row["stage"],
        f"{row['asks']}:{whom[row['asks']] or ''}",
        row["needs_all"],
        row.get("remind_after_hours"),
        row.get("escalate_after_hours"),
        higher,
    )


def _now(policy: ApprovalPolicy) -> dict[str, Any]:
    """Return a policy as a request would say it."""
    return {
        **{name: getattr(policy, name) for name in _HEAD},
        "conditions": [
            {name: getattr(row, name) for name in ("measure", "operator", *_CONDITION)}
            for row in policy.conditions.all()
        ],
        "steps": [
            {name: getattr(row, name) for name in ApprovalStepSerializer.Meta.fields}
            for row in policy.steps.all()
        ],
    }


@contextmanager
def _named_as_sent() -> Iterator[None]:
    """Point a refusal at the names of this door: what the page calls a value is a limit here."""
    try:
        yield
    except Refused as refusal:
        place, _, field = refusal.field.rpartition(".")
        sent = {"value": "limit", "escalate_to": "escalate_role"}.get(field, field)
        raise type(refusal)(refusal.message, field=f"{place}.{sent}".lstrip(".")) from refusal

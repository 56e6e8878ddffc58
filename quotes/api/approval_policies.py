"""Approval policies for programs, to read: people write them, and people approve, on their pages."""

from django.db.models import QuerySet
from rest_framework import serializers

from q2c.api.fields import Plain
from q2c.api.filters import truth
from q2c.api.resources import Resource
from q2c.identity.roles import Permission
from quotes.models import ApprovalCondition, ApprovalPolicy, ApprovalStep


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


class ApprovalPolicies(Resource):
    """The policies by which quotes need approval."""

    scope = "quotes"
    permission = Permission.VIEW_QUOTES
    order = ("name", "id")
    number_field = ""
    serializer_class = ApprovalPolicySerializer
    summary_class = ApprovalPolicySerializer
    filters = {"is_active": truth("is_active")}

    def rows(self) -> QuerySet[ApprovalPolicy]:
        return ApprovalPolicy.objects.prefetch_related("conditions", "steps")

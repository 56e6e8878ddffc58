"""What the approvals of quotes look like in JSON."""

from typing import Any

from rest_framework import serializers

from quotes.models import ApprovalDecision, ApprovalRequest


class ApprovalDecisionSerializer(serializers.ModelSerializer):
    """What one person answered; `seat_id` is in whose place, `carried_over` that it was given before."""

    by_id = serializers.IntegerField()
    seat_id = serializers.IntegerField()
    carried_over = serializers.SerializerMethodField()
    standing_grant_id = serializers.IntegerField(source="grant_id", allow_null=True)

    class Meta:
        model = ApprovalDecision
        fields = [
            "by_id",
            "seat_id",
            "is_approval",
            "at",
            "comment",
            "carried_over",
            "standing_grant_id",
        ]
        read_only_fields = fields

    def get_carried_over(self, decision: ApprovalDecision) -> bool:
        return decision.carried_from_id is not None


class QuoteApprovalSerializer(serializers.ModelSerializer):
    """One step asked of a role or a person; who is asked decides it under `approvals`."""

    policy_id = serializers.IntegerField()
    person_id = serializers.IntegerField(allow_null=True)
    decisions = ApprovalDecisionSerializer(many=True)

    class Meta:
        model = ApprovalRequest
        fields = [
            "id",
            "policy_id",
            "stage",
            "role",
            "person_id",
            "needs_all",
            "reason",
            "state",
            "opened_at",
            "escalated_at",
            "decisions",
        ]
        read_only_fields = fields


class NeededApprovalSerializer(serializers.Serializer[Any]):
    """A step that would be asked: `is_settled` says that nobody has to be asked any more.

    `avoid` is what would keep the policy from asking; empty if nothing would.
    """

    policy_id = serializers.IntegerField(source="need.policy_id")
    policy = serializers.CharField(source="need.policy_name")
    stage = serializers.IntegerField(source="need.step.stage")
    role = serializers.CharField(source="asked.role")
    person_id = serializers.IntegerField(source="asked.person.pk", default=None, allow_null=True)
    needs_all = serializers.BooleanField(source="need.step.needs_all")
    reason = serializers.CharField(source="need.reason")
    avoid = serializers.CharField(source="need.avoid")
    is_settled = serializers.BooleanField()

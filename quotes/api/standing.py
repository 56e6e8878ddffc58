"""Who may approve, who stands in for whom, and what was approved beforehand, for programs."""

from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from rest_framework import serializers

from q2c.api.fields import Id, Input
from q2c.api.filters import number
from q2c.api.resources import Resource, verb
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.clock import day_in
from quotes import actions
from quotes.models import Delegation, StandingGrant
from quotes.queries import approvers, standing_grants


class ApproverSerializer(serializers.ModelSerializer):
    """Somebody who may approve quotes."""

    class Meta:
        model = User
        fields = ["id", "full_name", "role"]
        read_only_fields = fields


class Approvers(Resource):
    """The people who may approve quotes, to name as delegates and in policies."""

    scope = "quotes"
    permission = Permission.VIEW_QUOTES
    order = ("full_name", "id")
    number_field = ""
    serializer_class = ApproverSerializer

    def rows(self) -> QuerySet[User]:
        return approvers()


class DelegationSerializer(serializers.ModelSerializer):
    """Who decides in whose place, to and with `last_day`."""

    person_id = serializers.IntegerField()
    delegate_id = serializers.IntegerField()
    first_day = serializers.DateField(source="starts_on")
    last_day = serializers.DateField()
    is_over = serializers.SerializerMethodField()

    class Meta:
        model = Delegation
        fields = [
            "id",
            "person_id",
            "delegate_id",
            "first_day",
            "last_day",
            "is_over",
            "created_at",
        ]
        read_only_fields = fields

    def get_is_over(self, delegation: Delegation) -> bool:
        return delegation.ends_on <= day_in(settings.TIME_ZONE, self.context["view"].at)


class DelegationInput(Input):
    """Somebody else of `approvers`, from the first to the last day."""

    delegate_id = Id()
    first_day = serializers.DateField()
    last_day = serializers.DateField()


class Delegations(Resource):
    """In whose place the key's person decides, and who decides in theirs."""

    scope = "quotes"
    permission = Permission.APPROVE_QUOTES
    order = ("-ends_on", "-id")
    number_field = ""
    serializer_class = DelegationSerializer
    filters = {"person_id": number("person_id"), "delegate_id": number("delegate_id")}

    def rows(self) -> QuerySet[Delegation]:
        return Delegation.objects.filter(Q(person=self.by) | Q(delegate=self.by))

    @verb("quotes:approve", takes=DelegationInput, status=201, is_about_one=False)
    def create(self, data: dict[str, Any]) -> int:
        """Let somebody decide in one's place while away."""
        to = data.pop("delegate_id")
        return actions.delegate_approvals(to, **data, by=self.by, at=self.at).pk

    @verb("quotes:approve")
    def end(self, delegation: Delegation) -> None:
        """Take one's approvals back from now on; what was decided stands."""
        actions.end_delegation(delegation.pk, by=self.by, at=self.at)


class StandingGrantSerializer(serializers.ModelSerializer):
    """What somebody approved beforehand, in `words`; without customer and owner of every quote."""

    policy_id = serializers.IntegerField()
    given_by_id = serializers.IntegerField()
    customer_id = serializers.IntegerField(allow_null=True)
    owner_id = serializers.IntegerField(allow_null=True)
    revoked_by_id = serializers.IntegerField(allow_null=True)
    is_in_force = serializers.SerializerMethodField()
    words = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = StandingGrant
        fields = [
            "id", "policy_id", "given_by_id", "customer_id", "owner_id", "words", "last_day",
            "is_in_force", "created_at", "revoked_at", "revoked_by_id",
        ]  # fmt: skip
        read_only_fields = fields

    def get_is_in_force(self, grant: StandingGrant) -> bool:
        today = day_in(settings.TIME_ZONE, self.context["view"].at)
        return grant.revoked_at is None and grant.last_day >= today


class StandingGrants(Resource):
    """What the key's person approved beforehand, of an administrator what everybody did."""

    scope = "quotes"
    permission = Permission.APPROVE_QUOTES
    order = ("-id",)
    number_field = ""
    serializer_class = StandingGrantSerializer
    filters = {
        "policy_id": number("policy_id"),
        "customer_id": number("customer_id"),
        "given_by_id": number("given_by_id"),
    }

    def rows(self) -> QuerySet[StandingGrant]:
        return standing_grants(self.by)

    @verb("quotes:approve")
    def revoke(self, grant: StandingGrant) -> None:
        """Take it back; what it approved stays approved."""
        actions.revoke_standing_grant(grant.pk, by=self.by, at=self.at)

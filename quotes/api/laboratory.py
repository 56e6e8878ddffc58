"""The laboratory of price rules for programs: trials on quotes of the past."""

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from q2c.api.fields import Amount, Plain
from q2c.api.filters import number
from q2c.api.resources import Resource
from q2c.identity.roles import Permission
from q2c.kernel.money import round_amount
from quotes.models import RuleTrial
from quotes.queries import impacts, movers


class ImpactSerializer(serializers.Serializer[Any]):
    """What a rule does to all quotes in one currency: their totals, and how many of them move."""

    currency = serializers.CharField()
    before = Amount()
    after = Amount()
    difference = Amount()
    moved = serializers.IntegerField()
    count = serializers.IntegerField()


class TriedQuoteSerializer(serializers.Serializer[Any]):
    """A quote with its total before and after; `problem` says why it could not be priced.

    `stopped` says what a margin guard of the rule would not let be sold.
    """

    quote_id = serializers.IntegerField()
    number = serializers.CharField()
    currency = serializers.CharField()
    before = serializers.SerializerMethodField()
    after = serializers.SerializerMethodField()
    problem = serializers.CharField(default="")
    stopped = serializers.CharField(default="")

    def get_before(self, row: dict[str, str]) -> str:
        return _amount(row["before"], row["currency"])

    def get_after(self, row: dict[str, str]) -> str:
        return _amount(row["after"], row["currency"])


class RuleTrialSummarySerializer(serializers.ModelSerializer):
    """A trial: `done` of `total` quotes; the impact counts those done."""

    rule_id = serializers.IntegerField()
    started_by_id = serializers.IntegerField()
    done = serializers.IntegerField()

    class Meta:
        model = RuleTrial
        fields = ["id", "rule_id", "total", "done", "started_by_id", "started_at", "finished_at"]
        read_only_fields = fields


class RuleTrialSerializer(RuleTrialSummarySerializer):
    """A trial with its impact by currency and the quotes that move most."""

    impacts = serializers.SerializerMethodField()
    movers = serializers.SerializerMethodField()

    class Meta(RuleTrialSummarySerializer.Meta):
        fields = [*RuleTrialSummarySerializer.Meta.fields, "impacts", "movers"]
        read_only_fields = fields

    @extend_schema_field(ImpactSerializer(many=True))
    def get_impacts(self, trial: RuleTrial) -> Any:
        return ImpactSerializer(impacts(trial.rows), many=True).data

    @extend_schema_field(TriedQuoteSerializer(many=True))
    def get_movers(self, trial: RuleTrial) -> Any:
        return TriedQuoteSerializer(movers(trial.rows), many=True).data


class RuleTrials(Resource):
    """Price rules tried on the last quotes, with what they would have changed."""

    scope = "products"
    permission = Permission.EDIT_CATALOG
    order = ("-id",)
    number_field = ""
    serializer_class = RuleTrialSerializer
    summary_class = RuleTrialSummarySerializer
    filters = {"rule_id": number("rule_id")}

    def rows(self) -> QuerySet[RuleTrial]:
        return RuleTrial.objects.all()


class ReplayedLineSerializer(serializers.Serializer[Any]):
    """A line as it stands and as the rules looked at would price it, with the way and the why-nots."""

    line_id = serializers.IntegerField()
    description = serializers.CharField()
    quantity = Plain()
    stored_net_per_period = Amount(currency="currency")
    net_per_period = Amount(currency="currency")
    waterfall = serializers.ListField(child=serializers.DictField())


class ReplaySerializer(serializers.Serializer[Any]):
    """A quote priced as of a day; nothing is written."""

    on = serializers.DateField()
    currency = serializers.CharField()
    stored_contract_total = Amount()
    contract_total = Amount()
    lines = ReplayedLineSerializer(many=True)


def _amount(value: str, currency: str) -> str:
    return str(round_amount(Decimal(value), currency))

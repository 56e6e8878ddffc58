"""Billing runs for programs."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from rest_framework import serializers

from billing.actions import enqueue_shards, start_run
from billing.models import BillingRun, RunOutcome
from billing.queries.run import MOST_SHOWN
from billing.queries.runs import with_progress
from q2c.api.fields import Id, Input
from q2c.api.filters import days, instants, truth
from q2c.api.resources import Resource, verb
from q2c.customers.models import LegalEntity
from q2c.identity.roles import Permission
from q2c.kernel.errors import Refused


class BillingRunSummarySerializer(serializers.ModelSerializer):
    """A pass over the customers for what is due by `on`; finished once `finished_at` is set."""

    legal_entity_id = serializers.IntegerField(allow_null=True)
    started_by_id = serializers.IntegerField(allow_null=True)
    shard_count = serializers.IntegerField()
    done_count = serializers.IntegerField()
    invoices = serializers.IntegerField()
    parked = serializers.IntegerField()

    class Meta:
        model = BillingRun
        fields = [
            "id", "on", "post", "legal_entity_id", "started_by_id", "started_at", "finished_at",
            "shard_count", "done_count", "invoices", "parked",
        ]  # fmt: skip
        read_only_fields = fields


class OutcomeSerializer(serializers.ModelSerializer):
    """A customer that could not be billed, and why."""

    customer_id = serializers.IntegerField()

    class Meta:
        model = RunOutcome
        fields = ["customer_id", "reason", "at", "resolved_at"]
        read_only_fields = fields


class BillingRunSerializer(BillingRunSummarySerializer):
    """A run with whom it could not bill, the first two hundred of them."""

    outcomes = OutcomeSerializer(many=True, source="some_outcomes")

    class Meta(BillingRunSummarySerializer.Meta):
        fields = [*BillingRunSummarySerializer.Meta.fields, "outcomes"]
        read_only_fields = fields


class RunInput(Input):
    """Bill what is due by `on`; `post: false` only counts what it would come to."""

    on = serializers.DateField()
    post = serializers.BooleanField()
    legal_entity_id = Id(required=False)
    customer_id = Id(required=False)


class BillingRuns(Resource):
    """Billing runs: workers do them, in shards of customers."""

    scope = "billing"
    permission = Permission.RUN_BILLING
    order = ("-started_at", "-id")
    number_field = ""
    serializer_class = BillingRunSerializer
    summary_class = BillingRunSummarySerializer
    filters = {"on": days("on"), "post": truth("post"), "started": instants("started_at")}

    def rows(self) -> QuerySet[BillingRun]:
        return with_progress()

    def whole(self, rows: QuerySet[BillingRun]) -> QuerySet[BillingRun]:
        some = RunOutcome.objects.order_by("id")[:MOST_SHOWN]
        return rows.prefetch_related(Prefetch("outcomes", some, to_attr="some_outcomes"))

    @verb("billing:run", takes=RunInput, status=201, is_about_one=False)
    def create(self, data: dict[str, Any]) -> int:
        """Start a billing run; workers take it from there."""
        now, entity_id = self.at, data.get("legal_entity_id")
        if entity_id is not None and not LegalEntity.objects.filter(pk=entity_id).exists():
            raise Refused("There is no such legal entity.", field="legal_entity_id")
        run = start_run(
            on=data["on"],
            post=data["post"],
            entity_id=entity_id,
            customer_id=data.get("customer_id"),
            by=self.by,
            at=now,
        )
        enqueue_shards(run.pk, at=now)
        return run.pk

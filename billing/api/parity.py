"""What was agreed of a contract beside what was invoiced of it, for programs."""

from dataclasses import asdict
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.queries.agreed import AgreedDay, Parity, parity
from contracts.queries import visible_to
from q2c.api.fields import Amount
from q2c.api.resources import Resource, look
from q2c.identity.roles import Permission
from q2c.kernel.money import round_amount


class AgreedDaySerializer(serializers.Serializer[Any]):
    """What falls due on a day (null: as goods are shipped), net: agreed, invoiced (null: nothing
    yet), credited, released.

    `state` is open, invoiced, released (by what `reason` says) or differs.
    """

    due_on = serializers.DateField(allow_null=True)
    charges = serializers.CharField()
    agreed = serializers.CharField()
    invoiced = serializers.CharField(allow_null=True)
    credited = serializers.CharField()
    released = serializers.CharField()
    invoice_id = serializers.IntegerField(allow_null=True)
    state = serializers.CharField()
    reason = serializers.CharField()


class ParitySerializer(serializers.Serializer[Any]):
    """All that was agreed by the day it falls due, goods last, and the sums, net."""

    currency = serializers.CharField()
    agreed = Amount()
    invoiced = Amount()
    credited = Amount()
    released = Amount()
    days = serializers.SerializerMethodField()

    @extend_schema_field(AgreedDaySerializer(many=True))
    def get_days(self, found: Parity) -> Any:
        return AgreedDaySerializer(
            [_rounded(day, found.currency) for day in found.days], many=True
        ).data


class ContractParity(Resource):
    """The parity of contracts: each invoice is checked against what the customer accepted."""

    scope = "invoices"
    permission = Permission.VIEW_INVOICES

    def rows(self) -> QuerySet[Any]:
        return visible_to(self.by)

    @look(ParitySerializer)
    def parity(self, contract: Any) -> Parity:
        """Get a contract's agreed charges beside its invoices; not found without a schedule."""
        found = parity(contract.pk)
        if found is None:
            raise Http404
        return found


def _rounded(day: AgreedDay, currency: str) -> dict[str, Any]:
    amounts = {name: getattr(day, name) for name in ("agreed", "invoiced", "credited", "released")}
    return {
        **asdict(day),
        **{
            name: None if amount is None else str(round_amount(amount, currency))
            for name, amount in amounts.items()
        },
    }

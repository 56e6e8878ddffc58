"""How parts of billing periods count, in JSON."""

from typing import Any

from rest_framework import serializers

from q2c.api.fields import Input
from q2c.kernel.proration_policy import (
    Anchor,
    Basis,
    Credit,
    MonthEnd,
    Partial,
    ProrationPolicy,
)


class ProrationInput(Input):
    """How parts of billing periods are priced and where the periods start.

    What is left out is as usual: whole months first, then actual days, from the day the term
    starts. An answer leaves nothing out.
    `day` and `month` belong to the anchor `day_of_period`.
    """

    basis = serializers.ChoiceField([basis.value for basis in Basis], required=False)
    month_first = serializers.BooleanField(required=False)
    anchor = serializers.ChoiceField([anchor.value for anchor in Anchor], required=False)
    credit = serializers.ChoiceField([credit.value for credit in Credit], required=False)
    month_end = serializers.ChoiceField([end.value for end in MonthEnd], required=False)
    day = serializers.IntegerField(min_value=1, max_value=31, required=False)
    month = serializers.IntegerField(min_value=1, max_value=12, required=False)

    def get_fields(self) -> dict[str, Any]:
        # Declared in the class, it would hide what serializers call `partial` themselves.
        partial = serializers.ChoiceField([partial.value for partial in Partial], required=False)
        return {**super().get_fields(), "partial": partial}

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return ProrationPolicy.from_json(instance).to_json()

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        return dict(super().to_internal_value(data))


class InstalmentSerializer(serializers.Serializer):
    """What falls due on `count` days, each time `net`; without days: as goods are shipped."""

    first_on = serializers.DateField(allow_null=True)
    last_on = serializers.DateField(allow_null=True)
    count = serializers.IntegerField()
    net = serializers.CharField(source="net.amount")

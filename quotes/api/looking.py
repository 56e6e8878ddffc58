"""What else can be read of a quote: figures, receipts, versions, who must approve, other prices."""

from datetime import timedelta
from typing import Any

from rest_framework import serializers

from q2c.api.fields import Amount, Id, Input, Plain
from q2c.api.problems import BadParameter
from q2c.api.resources import Resource, look
from q2c.kernel.errors import Refused
from quotes import actions
from quotes.actions.sealing import content_now
from quotes.api.approval_shapes import NeededApprovalSerializer
from quotes.api.approvals import ChangeSerializer
from quotes.api.laboratory import ReplaySerializer
from quotes.api.shapes import is_told
from quotes.models import PriceRule, Quote
from quotes.queries import (
    CountedPart,
    Outcomes,
    Review,
    approvals_for,
    billing_schedule,
    compare_quotes,
    discount_of,
    hindrances,
    key_figures,
    outcomes,
    pricing_day,
    replay,
    rules_with,
)


class MonthSerializer(serializers.Serializer[Any]):
    """What falls due in a month; of goods, with their shipment, nobody knows the month."""

    month = serializers.DateField()
    amount = serializers.CharField()


class KeyFiguresSerializer(serializers.Serializer[Any]):
    """What a quote is worth, net and without usage.

    `mrr` is the busiest month's, `arr` twelve times that, `acv` the recurring part of an average
    year. `discount_percent` is what the whole takes off its list total.
    """

    currency = serializers.CharField()
    mrr = Amount()
    arr = Amount()
    tcv = Amount()
    acv = Amount()
    one_time = Amount()
    first_invoice = Amount()
    discount_percent = Plain(allow_null=True)
    cash_by_month = MonthSerializer(many=True)
    cash_on_shipment = Amount()


class OtherwiseSerializer(serializers.Serializer[Any]):
    """The same days counted by another policy."""

    policy = serializers.CharField()
    amount = serializers.CharField()


class ReceiptSerializer(serializers.Serializer[Any]):
    """How a part of a billing period was counted, in words and as values, and counted otherwise."""

    description = serializers.CharField()
    words = serializers.CharField(source="receipt.words")
    receipt = serializers.DictField(source="receipt.to_json")
    otherwise = serializers.SerializerMethodField()

    def get_otherwise(self, part: CountedPart) -> list[dict[str, str]]:
        return [{"policy": name, "amount": str(money.amount)} for name, money in part.otherwise]


class HindranceSerializer(serializers.Serializer[Any]):
    """What stands in the way of submitting, in words."""

    words = serializers.CharField()


class FigureSerializer(serializers.Serializer[Any]):
    """A figure of both versions, in the quote's currency."""

    name = serializers.CharField()
    before = Amount()
    after = Amount()
    delta = Amount()


class ComparisonSerializer(serializers.Serializer[Any]):
    """What differs between two versions of a quote, figure by figure and line by line."""

    currency = serializers.CharField()
    figures = FigureSerializer(many=True)
    changes = ChangeSerializer(many=True)


class PriceChangeSerializer(serializers.Serializer[Any]):
    """A line whose list price the price book has changed; what was negotiated is `kept`."""

    line_id = serializers.IntegerField(source="before.pk")
    description = serializers.CharField(source="before.description")
    list_unit_price = Plain(source="before.list_unit_price")
    new_list_unit_price = Plain(source="after.list_unit_price")
    kept = serializers.CharField()


class OutcomeRowSerializer(serializers.Serializer[Any]):
    """How many quotes ended for a reason, and their totals; without words nobody gave one."""

    is_won = serializers.BooleanField()
    reason = serializers.CharField()
    currency = serializers.CharField()
    count = serializers.IntegerField()
    total = Amount()


class OutcomesSerializer(serializers.Serializer[Any]):
    """Won and lost; `unexplained` are ids of the latest that nobody gave a reason for."""

    won = serializers.IntegerField()
    lost = serializers.IntegerField()
    won_percent = serializers.IntegerField(allow_null=True)
    rows = OutcomeRowSerializer(many=True)
    unexplained = serializers.SerializerMethodField()

    def get_unexplained(self, found: Outcomes) -> list[int]:
        return [quote.pk for quote in found.unexplained]


class ReplayAsked(Input):
    """As of which day, else its own; a draft of a rule takes the place of what it replaces."""

    on = serializers.DateField(required=False)
    rule_id = Id(required=False)


class DaysAsked(Input):
    """Of how many days back, by when the quotes were made."""

    days = serializers.IntegerField(min_value=1, max_value=3660, default=365)


class Looking(Resource):
    """What the pages of a quote show besides the quote."""

    @look(KeyFiguresSerializer)
    def figures(self, quote: Quote) -> dict[str, Any]:
        """Get MRR, ARR, TCV, ACV, discount and cash by month."""
        key, due = key_figures(quote), billing_schedule(quote, quote.lines.all())
        names = ("mrr", "arr", "tcv", "acv", "one_time")
        return {
            "currency": quote.currency,
            **{name: getattr(key, name).amount for name in names},
            "first_invoice": quote.first_invoice_total,
            "discount_percent": discount_of(quote),
            "cash_by_month": [
                {"month": month, "amount": str(money.amount)} for month, money in due.months.items()
            ],
            "cash_on_shipment": due.on_shipment.amount,
        }

    @look(ReceiptSerializer, many=True)
    def receipts(self, quote: Quote) -> list[CountedPart]:
        """List how each part of a billing period was counted, and what other policies would make."""
        return billing_schedule(quote, quote.lines.all()).parts

    @look(NeededApprovalSerializer, many=True, path="needed-approvals")
    def needed_approvals(self, quote: Quote) -> list[Review]:
        """List who would be asked if it were submitted as it stands, and what would avoid it."""
        return approvals_for(quote, by=quote.owner, at=self.at)

    @look(HindranceSerializer, many=True)
    def hindrances(self, quote: Quote) -> list[dict[str, str]]:
        """List why it cannot be submitted as it stands: guards, and limits nobody is asked about."""
        lines = list(quote.lines.all())
        found = hindrances(lines, approvals_for(quote, lines, by=quote.owner, at=self.at))
        return [{"words": words} for words in found]

    @look(ComparisonSerializer, path=r"compare/(?P<other_version>\d+)")
    def compare(self, quote: Quote, other_version: int) -> dict[str, Any]:
        """Compare with another version of the same number, the older one first."""
        found = self.rows().filter(number=quote.number, version=other_version).first()
        if found is None or found.pk == quote.pk:
            raise BadParameter("other_version", "There is no other version of that number.")
        before, after = sorted([found, quote], key=lambda version: version.version)
        texts = (content_now(before), content_now(after))
        compared = compare_quotes(before, after, contents=texts)
        figures = [
            {
                "name": each.label,
                "before": each.before,
                "after": each.after,
                "delta": each.delta,
                "currency": quote.currency,
            }
            for each in compared.figures
        ]
        return {"currency": quote.currency, "figures": figures, "changes": compared.changes}

    @look(PriceChangeSerializer, many=True, path="price-changes")
    def price_changes(self, quote: Quote) -> list[actions.PriceChange]:
        """List lines whose list price the price book has changed; `refresh-prices` takes them."""
        return actions.price_changes(quote, list(quote.lines.all()))

    @look(ReplaySerializer, takes=ReplayAsked)
    def replay(self, quote: Quote, asked: dict[str, Any]) -> dict[str, Any]:
        """Price it as of a day by the rules in force, or with a draft among them."""
        draft = None
        if "rule_id" in asked:
            draft = PriceRule.objects.filter(pk=asked["rule_id"]).first()
            if draft is None:
                raise BadParameter("rule_id", "There is no such rule.")
        try:
            found = replay(quote, rules_with(draft), on=asked.get("on") or pricing_day(quote))
        except Refused as refusal:
            raise BadParameter("on", refusal.message) from refusal
        return {
            "on": found.on,
            "currency": quote.currency,
            "stored_contract_total": quote.contract_total,
            "contract_total": found.totals.contract.amount,
            "lines": [
                {
                    "line_id": line.pk,
                    "description": line.description,
                    "quantity": line.quantity,
                    "currency": quote.currency,
                    "stored_net_per_period": line.net_per_period,
                    "net_per_period": price.net_per_period.amount,
                    "waterfall": [row for row in way if is_told(row)],
                }
                for line, price, way in found.lines
            ],
        }

    @look(OutcomesSerializer, takes=DaysAsked, is_about_one=False)
    def outcomes(self, asked: dict[str, Any]) -> Outcomes:
        """Report what was won and lost of late, by reason."""
        since = self.at - timedelta(days=asked["days"])
        return outcomes(self.rows(), since=since)

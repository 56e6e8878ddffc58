"""Questionnaires for programs: written, tried, put in force, and what answers propose."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.response import Response

from q2c.api.fields import Amount, Id, Input, Plain
from q2c.api.filters import text, truth
from q2c.api.resources import Resource, verb
from q2c.identity.roles import Permission
from q2c.kernel.errors import Refused
from q2c.kernel.rating import plain
from quotes import actions
from quotes.actions import Guided, QuestionnaireDraft, draft_of_questionnaire
from quotes.api.price_rules import RuleConditionInput
from quotes.models import Questionnaire, Quote
from quotes.rules.conditions import Operator
from quotes.rules.guiding.proposals import Role
from quotes.rules.guiding.questions import Answer, Kind

_QUANTITY: dict[str, Any] = {"max_digits": 18, "decimal_places": 6, "min_value": 0}


class AnswerConditionInput(Input):
    """A comparison of an answer: `is` and `is_not` with a list of words, the others with a number."""

    question = serializers.CharField(max_length=40)
    operator = serializers.ChoiceField([one.value for one in Operator])
    value = serializers.JSONField()


class QuestionInput(Input):
    """A question; without a `key` it is named by its text. Conditions look at earlier questions.

    `choices` belong to the kinds one and many, `least` and `most` to number; `default` is an answer.
    """

    key = serializers.CharField(max_length=40, required=False, allow_blank=True)
    text = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField([one.value for one in Kind])
    help = serializers.CharField(max_length=300, required=False, allow_blank=True)
    choices = serializers.ListField(
        child=serializers.CharField(max_length=100), required=False, max_length=30
    )
    is_required = serializers.BooleanField(required=False)
    default = serializers.JSONField(required=False, allow_null=True)
    least = serializers.DecimalField(**_QUANTITY, required=False, allow_null=True)
    most = serializers.DecimalField(**_QUANTITY, required=False, allow_null=True)
    conditions = AnswerConditionInput(many=True, required=False)
    match_any = serializers.BooleanField(required=False)


class OptionProposalInput(Input):
    """An option of a bundle, by its products from the bundle down: so many in each, else none."""

    path = serializers.ListField(child=Id(), min_length=1, max_length=10)
    quantity = serializers.DecimalField(**_QUANTITY, required=False, allow_null=True)
    quantity_from = serializers.CharField(max_length=40, required=False, allow_blank=True)
    factor = serializers.DecimalField(**_QUANTITY, required=False, allow_null=True)
    conditions = AnswerConditionInput(many=True, required=False)


class AlternativeTexts(Input):
    """The names of a group and of one of its alternatives."""

    group = serializers.CharField(max_length=60, required=False, allow_blank=True)
    choice = serializers.CharField(max_length=60, required=False, allow_blank=True)


class ProposalInput(Input):
    """A product: so many, or `quantity_from` a number question times `factor`, rounded up.

    A `choice` is one alternative of a `group`; the customer reads both, by `translations` in the
    language of the quote, such as `{"de": {"group": "Service", "choice": "Gut"}}`.
    """

    key = serializers.CharField(max_length=40, required=False, allow_blank=True)
    product_id = Id()
    quantity = serializers.DecimalField(**_QUANTITY, required=False, allow_null=True)
    quantity_from = serializers.CharField(max_length=40, required=False, allow_blank=True)
    factor = serializers.DecimalField(**_QUANTITY, required=False, allow_null=True)
    why = serializers.CharField(max_length=300, required=False, allow_blank=True)
    role = serializers.ChoiceField([one.value for one in Role], required=False)
    group = serializers.CharField(max_length=60, required=False, allow_blank=True)
    choice = serializers.CharField(max_length=60, required=False, allow_blank=True)
    translations = serializers.DictField(child=AlternativeTexts(), required=False)
    is_recommended = serializers.BooleanField(required=False)
    conditions = AnswerConditionInput(many=True, required=False)
    match_any = serializers.BooleanField(required=False)
    options = OptionProposalInput(many=True, required=False)


class QuestionnaireChange(Input):
    """The fields of a questionnaire that may be changed; lists are given whole."""

    name = serializers.CharField(max_length=100, required=False)
    description = serializers.CharField(max_length=300, required=False, allow_blank=True)
    offered = RuleConditionInput(many=True, required=False)
    starts_on = serializers.DateField(required=False, allow_null=True)
    ends_on = serializers.DateField(required=False, allow_null=True)
    questions = QuestionInput(many=True, required=False)
    proposals = ProposalInput(many=True, required=False)


class QuestionnaireInput(QuestionnaireChange):
    """A questionnaire to write; it is not asked until it is activated."""

    name = serializers.CharField(max_length=100)


class AnswersInput(Input):
    """Answers by the key of their question: words, a list of them, a number, or true and false.

    What is left out takes its default, null is no answer. `taken` are quantities wanted instead of
    those proposed, by the key of the proposal; 0 leaves it out.
    """

    answers = serializers.DictField(child=serializers.JSONField(allow_null=True))
    taken = serializers.DictField(
        child=serializers.DecimalField(**_QUANTITY), required=False, default=dict
    )


class QuestionnaireSerializer(serializers.ModelSerializer):
    """An edition of a questionnaire, asked while it `is_active`."""

    offered = RuleConditionInput(many=True)
    questions = QuestionInput(many=True)
    proposals = ProposalInput(many=True)
    replaces_id = serializers.IntegerField(allow_null=True)

    class Meta:
        model = Questionnaire
        fields = [
            "id", "name", "description", "edition", "is_active", "replaces_id", "offered",
            "starts_on", "ends_on", "questions", "proposals", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class QuestionnaireSummarySerializer(serializers.ModelSerializer):
    """A line of the list of questionnaires."""

    class Meta:
        model = Questionnaire
        fields = ["id", "name", "description", "edition", "is_active", "starts_on", "ends_on"]
        read_only_fields = fields


class AskedSerializer(serializers.Serializer):
    """A question that these answers bring up, with its answer, or what is wrong or missing."""

    key = serializers.CharField()
    text = serializers.CharField()
    answer = serializers.JSONField(allow_null=True)
    problem = serializers.CharField()


class OfferSerializer(serializers.Serializer):
    """A proposal and what becomes of it: add, change, remove, keep or leave_out; `problem` says
    why it cannot be had."""

    key = serializers.CharField()
    change = serializers.CharField()
    product_id = serializers.IntegerField(allow_null=True)
    quantity = Plain()
    proposed_quantity = Plain(allow_null=True)
    role = serializers.CharField()
    group = serializers.CharField()
    choice = serializers.CharField()
    is_recommended = serializers.BooleanField()
    why = serializers.CharField()
    problem = serializers.CharField()
    over_term = Amount(allow_null=True)


class TotalsSerializer(serializers.Serializer):
    """What the quote would come to, in its currency."""

    monthly_total = Amount()
    one_time_total = Amount()
    contract_total = Amount()
    currency = serializers.CharField()


class GuidedSerializer(serializers.Serializer):
    """What answers propose; nothing is saved. Tried without a quote there are no totals."""

    questionnaire_id = serializers.IntegerField()
    questions = AskedSerializer(many=True)
    proposals = OfferSerializer(many=True)
    totals = TotalsSerializer(allow_null=True)


class Questionnaires(Resource):
    """Questions that propose products for a quote."""

    scope = "products"
    permission = Permission.VIEW_CATALOG
    order = ("name", "id")
    number_field = ""
    version_field = "version"
    serializer_class = QuestionnaireSerializer
    summary_class = QuestionnaireSummarySerializer
    filters = {"name": text("name"), "is_active": truth("is_active")}

    def rows(self) -> QuerySet[Questionnaire]:
        return Questionnaire.objects.all()

    @verb("products:write", takes=QuestionnaireInput, status=201, is_about_one=False)
    def create(self, data: dict[str, Any]) -> int:
        """Write a questionnaire that is not asked yet."""
        return actions.add_questionnaire(QuestionnaireDraft(**data), by=self.by, at=self.at).pk

    @verb("products:write", takes=QuestionnaireChange, method="patch")
    def partial_update(self, row: Questionnaire, data: dict[str, Any]) -> None:
        """Change an edition that was neither put in force nor answered."""
        draft, seen = replace(draft_of_questionnaire(row), **data), self.seen_version()
        actions.change_questionnaire(row.pk, draft, by=self.by, at=self.at, seen=seen)

    @verb("products:write", status=201)
    def next_edition(self, row: Questionnaire) -> int:
        """Begin a change of an edition as a copy; quotes that it guided keep the old one."""
        return actions.draft_next_edition(row.pk, by=self.by, at=self.at).pk

    @verb("products:write")
    def activate(self, row: Questionnaire) -> None:
        """Put an edition in force; the one it replaces ends."""
        actions.activate_questionnaire(row.pk, by=self.by, at=self.at)

    @verb("products:write")
    def retire(self, row: Questionnaire) -> None:
        """Take an edition out of force."""
        actions.retire_questionnaire(row.pk, by=self.by, at=self.at)

    @verb("products:read", takes=AnswersInput, gives=GuidedSerializer, path="try")
    def try_out(self, row: Questionnaire, data: dict[str, Any]) -> Response:
        """Say what answers propose, without a quote and its prices."""
        try:
            return said(actions.try_questionnaire(row, data["answers"], data["taken"]))
        except Refused as refusal:
            raise as_sent(refusal, data) from refusal


def as_sent(refusal: Refused, data: dict[str, Any]) -> Refused:
    """Point at the answer or the quantity that is wrong."""
    field = refusal.field
    if field.startswith("quantity-"):
        field = f"taken.{field.removeprefix('quantity-')}"
    elif field and field not in data:
        field = f"answers.{field}"
    return type(refusal)(refusal.message, field=field)


def said(guided: Guided) -> Response:
    """Answer with what answers propose."""
    quote = guided.after
    answers = guided.answers
    document = {
        "questionnaire_id": guided.questionnaire.pk,
        "questions": [
            {
                "key": question.key,
                "text": question.text,
                "answer": _plain(answers.given.get(question.key)),
                "problem": answers.problems.get(question.key, ""),
            }
            for question in answers.asked
        ],
        "proposals": [_offer(offer, quote) for offer in guided.offers],
        "totals": quote,
    }
    return Response(GuidedSerializer(document).data)


def _offer(offer: actions.Offer, quote: Quote | None) -> SimpleNamespace:
    step, proposed = offer.step, offer.step.proposed
    one = proposed.proposal if proposed else None
    return SimpleNamespace(
        key=step.key,
        change=step.change.value,
        product_id=offer.product.pk if offer.product else None,
        quantity=step.quantity,
        proposed_quantity=proposed.quantity if proposed else None,
        role=one.role.value if one else Role.LINE.value,
        group=one.group if one else "",
        choice=one.choice if one else "",
        is_recommended=bool(proposed and proposed.is_recommended),
        why=offer.why,
        problem=offer.problem,
        over_term=offer.over_term if quote else None,
        currency=quote.currency if quote else "",
    )


def _plain(answer: Answer | None) -> Any:
    if isinstance(answer, tuple):
        return list(answer)
    return answer if answer is None or isinstance(answer, str) else plain(answer)

"""Guided selling for programs: what answers propose for a quote, and the answers given."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from q2c.api.fields import Id
from q2c.api.resources import Resource, verb
from q2c.kernel.errors import Refused
from quotes import actions
from quotes.api.questionnaires import AnswersInput, GuidedSerializer, as_sent, said
from quotes.models import Quote


class GuidedInput(AnswersInput):
    """A questionnaire's answers for a draft."""

    questionnaire_id = Id()


class GuidedAnswersSerializer(serializers.Serializer):
    """What was answered for a quote, and what was proposed and taken then."""

    questionnaire_id = serializers.IntegerField()
    answers = serializers.DictField(child=serializers.JSONField())
    proposed = serializers.ListField(child=serializers.DictField())
    at = serializers.DateTimeField()


class GuidedVerbs(Resource):
    """Answer questionnaires for a draft."""

    @verb("quotes:read", takes=GuidedInput, gives=GuidedSerializer, path="guided-proposals")
    def propose(self, quote: Quote, data: dict[str, Any]) -> Response:
        """Say what answers would add to a draft, change and take off, at its prices; saves nothing."""
        row = actions.questionnaire_for(quote, data["questionnaire_id"], at=self.at)
        try:
            return said(actions.guide(quote, row, data["answers"], data["taken"]))
        except Refused as refusal:
            raise as_sent(refusal, data) from refusal

    @verb("quotes:write", takes=GuidedInput, path="guided-answers")
    def answer_questionnaire(self, quote: Quote, data: dict[str, Any]) -> None:
        """Keep answers with a draft and bring onto it what they propose; again adds nothing twice."""
        draft = actions.GuidedDraft(**data)
        try:
            actions.answer_questionnaire(quote.pk, draft, by=self.by, at=self.at)
        except Refused as refusal:
            raise as_sent(refusal, data) from refusal

"""Merging a quote into a draft, for programs."""

from typing import Any

from rest_framework import serializers

from q2c.api.fields import Amount, Id, Input
from quotes.rules.ramps import WAYS


class MergeInput(Input):
    """The quote to merge in; `segments` says what becomes of its dated lines where terms differ.

    `keeps_discount` (true where left out) lets its lines keep what it takes off the whole.
    """

    quote_id = Id()
    heading = serializers.CharField(max_length=300, required=False, allow_blank=True)
    keeps_discount = serializers.BooleanField(required=False)
    segments = serializers.ChoiceField(list(WAYS), required=False)


class DifferenceSerializer(serializers.Serializer[Any]):
    """A term in which both differ, in words; `ours` holds afterwards."""

    name = serializers.CharField()
    what = serializers.CharField()
    ours = serializers.CharField()
    theirs = serializers.CharField()


class MovedPriceSerializer(serializers.Serializer[Any]):
    description = serializers.CharField()
    before = Amount()
    after = Amount()
    counts = serializers.BooleanField()


class MergePreviewSerializer(serializers.Serializer[Any]):
    """What merging would do; totals over the term, net, in the quotes' currency."""

    differences = DifferenceSerializer(many=True)
    renamed = serializers.DictField(child=serializers.CharField())
    line_count = serializers.IntegerField()
    apart = Amount()
    after = Amount()
    delta = Amount()
    moved = MovedPriceSerializer(many=True)

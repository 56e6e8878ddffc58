"""What requests may say of quotes and their lines."""

from django.conf import settings
from rest_framework import serializers

from q2c.api.fields import Id, Input
from quotes.api.proration import ProrationInput


class OptionQuantityInput(Input):
    """How many of an option one bundle takes.

    `within` are the bundles that hold it, from the outermost: none for an option of the bundle
    itself.
    """

    product_id = Id()
    quantity = serializers.DecimalField(max_digits=18, decimal_places=6, min_value=0)
    within = serializers.ListField(child=Id(), required=False, max_length=10)


class BundleChange(Input):
    """The options of a bundle chosen anew; those left out take their defaults."""

    quantity = serializers.DecimalField(max_digits=18, decimal_places=6, required=False)
    options = OptionQuantityInput(many=True, required=False)


class LineInput(Input):
    """A product to add; `months` or `weeks` choose among its billing periods, else the shortest."""

    product_id = Id()
    quantity = serializers.DecimalField(max_digits=18, decimal_places=6, required=False)
    discount_percent = serializers.DecimalField(max_digits=7, decimal_places=4, required=False)
    months = serializers.IntegerField(min_value=0, max_value=120, required=False)
    weeks = serializers.IntegerField(min_value=0, max_value=520, required=False)
    options = OptionQuantityInput(many=True, required=False)


class AdjustmentInput(Input):
    """A signed amount a billing period, billed and taxed like the line `like`."""

    description = serializers.CharField(max_length=300)
    amount = serializers.DecimalField(max_digits=19, decimal_places=4)
    like = Id()


class QuoteChange(Input):
    """The terms of a draft that may be changed; those left out stay."""

    title = serializers.CharField(max_length=200, required=False, allow_blank=True)
    term_months = serializers.IntegerField(required=False)
    starts_on = serializers.DateField(required=False)
    valid_until = serializers.DateField(required=False)
    payment_terms_days = serializers.IntegerField(required=False)
    discount_percent = serializers.DecimalField(max_digits=7, decimal_places=4, required=False)
    auto_renew = serializers.BooleanField(required=False)
    notes = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    contact_id = Id(required=False)
    channel = serializers.CharField(max_length=40, required=False, allow_blank=True)
    language = serializers.ChoiceField(settings.LANGUAGES, required=False)
    cover_letter = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    proration = ProrationInput(required=False)
    coupon_code = serializers.CharField(max_length=40, required=False, allow_blank=True)


class QuoteInput(QuoteChange):
    """A new quote; what is left out comes from the customer."""

    customer_id = Id()
    price_book_id = Id(required=False)
    template_id = Id(required=False)
    lines = LineInput(many=True, required=False)


class CloneInput(Input):
    """Whom the copy is for; the same customer, if left out."""

    customer_id = Id(required=False)


class OutcomeInput(Input):
    """Why a quote was won or lost: a reason of the list, and what else there is to say."""

    reason_id = Id()
    competitor = serializers.CharField(max_length=100, required=False, allow_blank=True)
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class TemplateInput(Input):
    """Under which name a quote's terms and lines are kept; one of the same name is replaced."""

    name = serializers.CharField(max_length=100)
    description = serializers.CharField(max_length=300, required=False, allow_blank=True)


class SendInput(Input):
    contact_id = Id(required=False)
    message = serializers.CharField(max_length=5000, required=False, allow_blank=True)

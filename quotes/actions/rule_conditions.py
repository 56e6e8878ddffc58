"""Hold the conditions of a price rule to what there is: a name misspelt would never be met."""

from collections.abc import Sequence
from dataclasses import replace

from django.conf import settings
from django.db.models.functions import Lower

from q2c.catalog.models import Product
from q2c.customers.models import Customer
from q2c.kernel.codes import checked_country, checked_currency
from q2c.kernel.errors import Refused
from q2c.kernel.rating import ChargeKind
from quotes.models import QuoteKind
from quotes.rules.conditions import LABELS, Condition, Field


def checked_conditions(conditions: Sequence[Condition]) -> tuple[Condition, ...]:
    """Return the conditions with products and categories as the catalog writes them.

    Refuses words that nothing is called by, naming the condition as `conditions.0`.
    """
    named = {field: _known(field, conditions) for field in (Field.PRODUCT, Field.CATEGORY)}
    found = []
    for number, condition in enumerate(conditions, start=1):
        try:
            words = tuple(_word(condition.field, word, named) for word in condition.values)
        except Refused as refusal:
            raise Refused(
                f"Condition {number}: {refusal.message}", field=f"conditions.{number - 1}"
            ) from None
        found.append(replace(condition, values=words))
    return tuple(found)


def _known(field: Field, conditions: Sequence[Condition]) -> dict[str, str]:
    """Return the names of the catalog that conditions ask for, by their small letters."""
    asked = {w.lower() for c in conditions if c.field is field for w in c.values}
    if not asked:
        return {}
    column = "sku" if field is Field.PRODUCT else "category"
    rows = Product.objects.annotate(low=Lower(column)).filter(low__in=asked)
    return dict(rows.values_list("low", column).distinct())


def _word(field: Field, word: str, named: dict[Field, dict[str, str]]) -> str:
    if field in named:
        if word.lower() not in named[field]:
            what = "product with the SKU" if field is Field.PRODUCT else "category"
            raise Refused(f"there is no {what} “{word}”.")
        return named[field][word.lower()]
    if field in (choices := _choices()):
        return _one_of(field, word, choices[field])
    if field is Field.REGION:
        checked_country(word.partition("-")[0])
    if field is Field.CURRENCY:
        checked_currency(word)
    if field is Field.CUSTOMER and not Customer.objects.filter(number=word).exists():
        raise Refused(f"there is no customer {word}.")
    return word


def _choices() -> dict[Field, Sequence[str]]:
    return {
        Field.SEGMENT: settings.CUSTOMER_SEGMENTS,
        Field.CHANNEL: settings.SALES_CHANNELS,
        Field.CHARGE_KIND: [kind.value for kind in ChargeKind],
        Field.QUOTE_KIND: QuoteKind.values,
    }


def _one_of(field: Field, word: str, known: Sequence[str]) -> str:
    if word.lower() not in known:
        raise Refused(f"“{word}” is no {LABELS[field]}; choose among {', '.join(known)}.")
    return word.lower()

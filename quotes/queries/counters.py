"""Counter-offers of a quote, with what they would come to."""

from django.db.models import F, QuerySet

from quotes.models import CounterOffer, Quote


def counter_offers(quote: Quote) -> QuerySet[CounterOffer, CounterOffer]:
    """Return the counter-offers to a version, and the one it was made from, newest first.

    `total` is the quote's total over the term if all edits were taken.
    """
    found = CounterOffer.objects.filter(quote=quote) | CounterOffer.objects.filter(
        new_version=quote
    )
    total = F("quote__contract_total") + F("effect")
    return found.annotate(total=total).prefetch_related("items__line").order_by("-id")

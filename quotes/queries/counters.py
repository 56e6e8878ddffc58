"""Counter-offers of a quote, with what they would come to."""

from django.db.models import F, Prefetch, QuerySet

from quotes.models import CounterItem, CounterOffer, Quote


def counter_offers(quote: Quote) -> QuerySet[CounterOffer, CounterOffer]:
    """Return the counter-offers to a version, and the one it was made from, newest first.

    `total` is the quote's total over the term if all edits were taken.
    """
    found = CounterOffer.objects.filter(quote=quote) | CounterOffer.objects.filter(
        new_version=quote
    )
    total = F("quote__contract_total") + F("effect")
    items = Prefetch("items", CounterItem.objects.select_related("line__product"))
    return found.annotate(total=total).prefetch_related(items).order_by("-id")

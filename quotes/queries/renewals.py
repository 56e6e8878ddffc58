"""Which quotes renew or amend a contract."""

from collections.abc import Collection

from django.db.models import Q

from quotes.models import Quote
from quotes.rules.states import LIVING, QuoteState


def renewal_quote(contract_id: int, *, besides: Collection[int] = ()) -> int | None:
    """Return the quote that may renew a contract, or does; None when each came to nothing.

    `besides` names accepted quotes that no contract came of.
    """
    living = Quote.objects.filter(renews_contract_id=contract_id, state__in=LIVING)
    return living.exclude(pk__in=besides).order_by("-pk").values_list("pk", flat=True).first()


def offers_about(contract_id: int, *, besides: str = "") -> str:
    """Return the number of an offer (but one) that the customer holds to amend or renew a contract."""
    about = Q(renews_contract_id=contract_id) | Q(amends_contract_id=contract_id)
    sent = Quote.objects.filter(about, state=QuoteState.SENT.value).order_by("-pk")
    sent = sent.exclude(number=besides)
    return sent.values_list("number", flat=True).first() or ""


def contract_of_offer(quote_id: int) -> tuple[str, int | None, int | None]:
    """Return a quote's number and the contract it amends and the one it renews, if it does."""
    names = ("number", "amends_contract_id", "renews_contract_id")
    return Quote.objects.values_list(*names).get(pk=quote_id)

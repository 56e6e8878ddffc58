"""Which quote is the one that renews a contract."""

from collections.abc import Collection

from quotes.models import Quote
from quotes.rules.states import LIVING


def renewal_quote(contract_id: int, *, besides: Collection[int] = ()) -> int | None:
    """Return the quote that may renew a contract, or does; None when each came to nothing.

    `besides` names accepted quotes that no contract came of.
    """
    living = Quote.objects.filter(renews_contract_id=contract_id, state__in=LIVING)
    return living.exclude(pk__in=besides).order_by("-pk").values_list("pk", flat=True).first()

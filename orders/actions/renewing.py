"""Draft what renews a contract, from what its subscriptions hold."""

from datetime import datetime

from django.db import transaction

from contracts.actions import RenewalTerms, quote_renewal
from orders.queries import running_items
from q2c.identity.models import User


@transaction.atomic
def draft_renewal(
    contract_id: int, *, terms: RenewalTerms | None = None, by: User | None, at: datetime
) -> int:
    """Draft the renewal of a contract from all that runs at its end; returns the quote's id.

    Without terms the contract says how its renewal is priced.
    """
    return quote_renewal(contract_id, running_items(contract_id), terms=terms, by=by, at=at)

"""Remind owners of contracts that end, and have the renewal quote ready."""

from datetime import date, datetime

from django.db import transaction

from contracts.events import RenewalQuoted, RenewalReminded
from contracts.models import Contract, RenewalReminder
from contracts.queries import ending_soon
from contracts.rules.renewal import stage_due
from contracts.rules.states import ContractState
from q2c.infra.bus import publish
from q2c.infra.locks import locked
from quotes.actions import create_renewal_quote
from quotes.queries import renewal_quote


def remind_renewals(*, on: date, at: datetime, legal_entity_id: int) -> int:
    """Remind of every contract of an entity that ends within 90 days; returns how many mails.

    Each contract is a transaction of its own, so one bad one does not hold up the others.
    """
    due = (
        ending_soon(on=on)
        # A shorter term would be reminded of all the time.
        .filter(legal_entity_id=legal_entity_id, term_months__gt=3)
        .prefetch_related("reminders")
    )
    wanted = [
        (contract.pk, stage)
        for contract in due
        if (
            stage := stage_due(
                contract.ends_on, on=on, sent=[r.days_before for r in contract.reminders.all()]
            )
        )
    ]
    return sum(_remind(contract_id, stage, at=at) for contract_id, stage in wanted)


@transaction.atomic
def _remind(contract_id: int, stage: int, *, at: datetime) -> bool:
    contract = locked(Contract, contract_id)
    _, is_new = RenewalReminder.objects.get_or_create(
        contract=contract, days_before=stage, defaults={"sent_at": at}
    )
    if not is_new:
        return False
    _have_quote_ready(contract, at=at)
    publish(
        RenewalReminded(at=at, contract_id=contract.pk, days_before=stage),
        by=None,
        customer_id=contract.customer_id,
    )
    return True


def _have_quote_ready(contract: Contract, *, at: datetime) -> None:
    """Draft the renewal, unless one is under way; one that came to nothing gets a successor."""
    refused = contract.renewals.filter(state=ContractState.REFUSED.value)
    besides = tuple(refused.values_list("quote_id", flat=True))
    if renewal_quote(contract.pk, besides=besides):
        return
    quote_id = create_renewal_quote(
        contract_id=contract.pk,
        from_quote_id=contract.quote_id,
        starts_on=contract.ends_on,
        at=at,
        besides=besides,
    )
    publish(
        RenewalQuoted(at=at, contract_id=contract.pk, quote_id=quote_id),
        by=None,
        customer_id=contract.customer_id,
    )

"""Bring in contracts that were signed elsewhere, by set."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from django.db import transaction

from contracts.actions.drawing import ask_desks, default_text, drawn_up, keep_clauses
from contracts.events import ContractsBroughtIn
from contracts.models import Contract, ContractApproval
from contracts.rules.states import ContractState
from q2c.customers.models import Customer
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.numbers import WHOLE_COMPANY, document_number, take_numbers
from quotes.actions import check_sealed
from quotes.queries import accepted_quotes


@transaction.atomic
def bring_in_signed_contracts(
    quote_ids: Collection[int],
    *,
    by: User,
    at: datetime,
    ended: Mapping[int, tuple[date, str]] | None = None,
) -> list[int]:
    """Make signed contracts of accepted quotes that have none; returns the new ones' ids.

    `ended` holds, by quote, the first day without the contract and why it ended. The text is drawn
    up as for any contract; the paper was
    signed elsewhere, so no PDF is kept. Refuses all of them where one's quote is not what was
    accepted any more.
    ContractSigned is not published: the caller places the orders by set.
    """
    require(by, Permission.COUNTERSIGN_CONTRACTS)
    known = set(Contract.objects.filter(quote_id__in=quote_ids).values_list("quote_id", flat=True))
    quotes = accepted_quotes([pk for pk in quote_ids if pk not in known])
    if not quotes:
        return []
    check_sealed([quote.id for quote in quotes])
    customers = Customer.objects.select_related("legal_entity").in_bulk(
        {quote.customer_id for quote in quotes}
    )
    texts = {language: default_text(language) for language in {q.language for q in quotes}}
    numbers = take_numbers(entity_id=WHOLE_COMPANY, kind="C", year=at.year, count=len(quotes))
    contracts, wordings = [], []
    for quote, number in zip(quotes, numbers, strict=True):
        customer, over = customers[quote.customer_id], (ended or {}).get(quote.id)
        contract, wording = drawn_up(
            quote,
            texts[quote.language],
            customer,
            number=document_number("C", at.year, number),
            state=(ContractState.TERMINATED if over else ContractState.SIGNED).value,
            terminated_on=over[0] if over else None,
            termination_reason=over[1] if over else "",
            countersigned_by=by,
            countersigned_at=at,
            created_at=at,
        )
        wordings.append(wording)
        contracts.append(contract)
    made = Contract.objects.bulk_create(contracts, batch_size=1000)
    keep_clauses(zip(made, wordings, strict=True))
    ask_desks(made, state=ContractApproval.APPROVED, by=by, at=at)
    ids = tuple(contract.pk for contract in made)
    publish(ContractsBroughtIn(at=at, contract_ids=ids), by=by)
    return list(ids)

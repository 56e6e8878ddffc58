"""Remind owners of contracts that end, and draft what renews them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from contracts.events import ContractEdited, RenewalQuoted, RenewalReminded
from contracts.models import Contract, RenewalReminder
from contracts.queries import CAME_TO_NOTHING, ending_soon, visible_to
from contracts.rules.amending import term_end_on
from contracts.rules.renewal import stage_due
from contracts.rules.states import ContractState
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.clock import day_in
from q2c.infra.locks import locked
from q2c.kernel.errors import NotAllowed, Refused
from q2c.kernel.rating import plain
from quotes.actions import Renewal, check_uplift, create_renewal_quote
from quotes.queries import RenewalBasis, RenewalMethod, RunningItem, offers_about, renewal_quote


@dataclass(frozen=True, kw_only=True)
class RenewalTerms:
    """How a contract is renewed; without a term for as long as it was concluded."""

    method: RenewalMethod = RenewalMethod.SAME
    uplift_percent: Decimal = Decimal(0)
    basis: RenewalBasis = RenewalBasis.LAST_SEGMENT
    term_months: int | None = None


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
    publish(
        RenewalReminded(at=at, contract_id=contract.pk, days_before=stage),
        by=None,
        customer_id=contract.customer_id,
    )
    return True


@transaction.atomic
def change_renewal_terms(
    contract_id: int, terms: RenewalTerms, *, by: User, at: datetime
) -> Contract:
    """Settle how a contract's renewal will be priced."""
    require(by, Permission.EDIT_QUOTES)
    contract = _own(contract_id, by=by)
    check_uplift(terms.method, terms.uplift_percent)
    before = renewal_words(contract)
    contract.renewal_method, contract.renewal_basis = terms.method.value, terms.basis.value
    contract.renewal_uplift_percent = terms.uplift_percent
    contract.save(update_fields=["renewal_method", "renewal_basis", "renewal_uplift_percent"])
    publish(
        ContractEdited(at=at, contract_id=contract.pk),
        by=by,
        customer_id=contract.customer_id,
        changes={"renewal": [before, renewal_words(contract)]},
    )
    return contract


@transaction.atomic
def quote_renewal(
    contract_id: int,
    items: Sequence[RunningItem],
    *,
    terms: RenewalTerms | None = None,
    by: User | None,
    at: datetime,
) -> int:
    """Draft the renewal of a contract from what it holds; returns the quote's id.

    Without terms the contract's own hold. For a person, refuses where one is under way; for the
    reminders that one is the answer. One that came to nothing gets a successor.
    """
    if by is None:
        contract = locked(Contract, contract_id)
    else:
        require(by, Permission.EDIT_QUOTES)
        contract = _own(contract_id, by=by)
        _check_renewable(contract)
    terms = terms or terms_of(contract)
    given_up = contract.renewals.filter(CAME_TO_NOTHING)
    besides = tuple(given_up.values_list("quote_id", flat=True))
    if found := renewal_quote(contract.pk, besides=besides):
        if by is not None:
            raise Refused("A renewal is under way. Go on with that quote, or withdraw it first.")
        return found
    quote_id = create_renewal_quote(
        Renewal(
            contract_id=contract.pk,
            from_quote_id=contract.quote_id,
            starts_on=_next_start(contract, at),
            term_months=terms.term_months or contract.term_months,
            method=terms.method,
            uplift_percent=terms.uplift_percent,
            basis=terms.basis,
        ),
        items,
        by=by,
        at=at,
        besides=besides,
    )
    publish(
        RenewalQuoted(at=at, contract_id=contract.pk, quote_id=quote_id),
        by=by,
        customer_id=contract.customer_id,
    )
    return quote_id


def terms_of(contract: Contract) -> RenewalTerms:
    """Return how a contract says that it is renewed."""
    return RenewalTerms(
        method=RenewalMethod(contract.renewal_method),
        uplift_percent=contract.renewal_uplift_percent,
        basis=RenewalBasis(contract.renewal_basis),
    )


def renewal_words(contract: Contract) -> str:
    """Say how a contract's renewal is priced."""
    method = RenewalMethod(contract.renewal_method)
    if method is not RenewalMethod.UPLIFT:
        return method.label
    basis = RenewalBasis(contract.renewal_basis).label.lower()
    return f"{plain(contract.renewal_uplift_percent)} % a year more ({basis})"


def _next_start(contract: Contract, at: datetime) -> date:
    return term_end_on(
        contract.starts_on,
        contract.ends_on,
        term_months=contract.term_months,
        auto_renew=contract.auto_renew,
        on=day_in(contract.legal_entity.time_zone, at),
    )


def _own(contract_id: int, *, by: User) -> Contract:
    contract = locked(Contract, contract_id)
    if not visible_to(by).filter(pk=contract.pk).exists():
        raise NotAllowed("This contract belongs to a colleague.")
    if contract.amends_id:
        raise Refused(f"This is an amendment. Renew {contract.amends} instead.")
    return contract


def _check_renewable(contract: Contract) -> None:
    if contract.state != ContractState.SIGNED.value:
        raise Refused("Only a signed contract can be renewed.")
    if found := offers_about(contract.pk):
        raise Refused(f"{found} is with the customer. Wait for the answer, or withdraw it first.")

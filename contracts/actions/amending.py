"""Amendments: which contract can have one, and the paper that an accepted one becomes."""

from datetime import date

from django.utils.translation import gettext as _

from contracts.models import Contract
from contracts.queries import CAME_TO_NOTHING, visible_to
from contracts.rules.amending import check_day, term_end_on
from contracts.rules.states import ContractState
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.locks import locked
from q2c.kernel.errors import NotAllowed, Refused
from quotes.actions import Amended
from quotes.queries import contract_of_offer, offers_about

_UNSIGNED = [ContractState.IN_APPROVAL.value, ContractState.APPROVED.value]


def open_to_amend(contract_id: int, *, on: date, anchor_on: date, by: User) -> Amended:
    """Return what an amendment starts from; refuses a contract that cannot have one now."""
    require(by, Permission.EDIT_QUOTES)
    contract = locked(Contract, contract_id)
    if not visible_to(by).filter(pk=contract.pk).exists():
        raise NotAllowed("This contract belongs to a colleague.")
    if contract.amends_id:
        raise Refused(f"This is an amendment. Amend {contract.amends} instead.")
    check_amendable(contract)
    end = term_end_on(
        contract.starts_on,
        contract.ends_on,
        term_months=contract.term_months,
        auto_renew=contract.auto_renew,
        on=on,
    )
    check_day(on, starts_on=contract.starts_on, ends_on=end)
    if found := offers_about(contract.pk):
        raise Refused(f"{found} is with the customer. Wait for the answer, or withdraw it first.")
    return Amended(
        contract_id=contract.pk,
        number=contract.number,
        quote_id=contract.quote_id,
        ends_on=end,
        auto_renew=contract.auto_renew,
        payment_terms_days=contract.payment_terms_days,
        anchor_on=anchor_on,
    )


def check_amendable(contract: Contract, *, besides_quote_id: int = 0) -> None:
    """Refuse where the contract is not in force, was renewed, or has an unsigned amendment."""
    state = ContractState(contract.state)
    if state is not ContractState.SIGNED:
        words = _("%(contract)s is not signed yet, so it cannot be amended.")
        if state is ContractState.TERMINATED:
            words = _("%(contract)s was terminated, so it cannot be amended.")
        raise Refused(words % {"contract": contract})
    renewals = contract.renewals.exclude(CAME_TO_NOTHING)
    if renewal := renewals.first():
        words = _("%(contract)s was renewed by %(renewal)s. Amend that one.")
        raise Refused(words % {"contract": contract, "renewal": renewal})
    waiting = contract.amendments.filter(state__in=_UNSIGNED).exclude(quote_id=besides_quote_id)
    if other := waiting.first():
        words = _("%(other)s is not signed yet. Amend %(contract)s once it is, or was refused.")
        raise Refused(words % {"other": other, "contract": contract})


def check_amendment(quote_id: int, amends_contract_id: int) -> Contract:
    """Return the contract that a quote amends, locked; refuses when it no longer can."""
    contract = locked(Contract, amends_contract_id)
    check_amendable(contract, besides_quote_id=quote_id)
    return contract


def check_offer(quote_id: int) -> None:
    """Refuse an offer on its way to the customer while another one changes the same contract."""
    number, amends, renews = contract_of_offer(quote_id)
    contract_id = amends or renews
    if contract_id is None:
        return
    contract = locked(Contract, contract_id)
    if other := offers_about(contract_id, besides=number):
        raise Refused(f"{other} about {contract} is with the customer. Withdraw it first.")
    if amends:
        check_amendable(contract, besides_quote_id=quote_id)
    elif waiting := contract.amendments.filter(state__in=_UNSIGNED).first():
        raise Refused(f"{waiting} is not signed yet. Renew {contract} once it is, or was refused.")


def amendment_number(contract: Contract) -> str:
    """Return the number of a contract's next amendment, such as C-2026-000001-A2."""
    return f"{contract.number}-A{contract.amendments.count() + 1}"

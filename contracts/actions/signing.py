"""A contract is drawn up from an accepted quote, approved by its desks, and countersigned."""

from datetime import date, datetime

from django.db import transaction

from contracts.actions.amending import amendment_number, check_amendment
from contracts.actions.drawing import ask_desks, default_text, drawn_up, keep_clauses
from contracts.actions.final_text import put_before_customer
from contracts.actions.swapping import check_seen
from contracts.documents import contract_pdf
from contracts.events import (
    ContractApproved,
    ContractDeskApproved,
    ContractDrawnUp,
    ContractRefused,
    ContractSigned,
    ContractTerminated,
)
from contracts.models import Contract, ContractApproval
from contracts.queries import DESKS
from contracts.queries.final_text import awaits_customer
from contracts.rules.drafting import text_hash
from contracts.rules.states import LIFECYCLE, ContractState
from q2c.customers.models import Customer
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.blobs import keep
from q2c.infra.bus import publish
from q2c.infra.clock import day_in
from q2c.infra.locks import locked
from q2c.infra.numbers import WHOLE_COMPANY, next_number
from q2c.kernel.errors import IllegalTransition, NotAllowed, Refused
from quotes.actions import check_sealed, drop_open_renewals
from quotes.queries import accepted_quote


@transaction.atomic
def draw_up_contract(quote_id: int, *, at: datetime) -> Contract:
    """Draw up the contract of an accepted quote and ask the desks for their word.

    From the template of the language the customer read, else the English one, with the words that the clause
    library has now; the text is frozen here.
    Refuses a quote whose content no longer fits what was signed.
    """
    quote = accepted_quote(quote_id)
    check_sealed([quote_id])
    customer = Customer.objects.select_related("legal_entity").get(pk=quote.customer_id)
    text = default_text(quote.language)
    amended = None
    if quote.amends_contract_id:
        amended = check_amendment(quote.id, quote.amends_contract_id)
        number = amendment_number(amended)
    else:
        year = day_in(customer.legal_entity.time_zone, at).year
        number = next_number("C", entity_id=WHOLE_COMPANY, year=year)
    contract, wordings = drawn_up(
        quote,
        text,
        customer,
        number=number,
        amends=amended,
        renews_id=quote.renews_contract_id,
        created_at=at,
    )
    contract.save()
    keep_clauses([(contract, wordings)])
    ask_desks([contract])
    publish(
        ContractDrawnUp(at=at, contract_id=contract.pk, quote_id=quote.id),
        by=None,
        customer_id=quote.customer_id,
        details={"content_hash": contract.content_hash},
    )
    return contract


@transaction.atomic
def approve_contract(
    contract_id: int, *, desk: str, by: User, at: datetime, comment: str = "", seen_hash: str = ""
) -> Contract:
    """Give a desk's word on exactly this text; the last desk makes the contract approved.

    A text that deviates from its template then goes to the customer, to be signed as it is.

    `seen_hash` is the hash of the text that was read; refuses when the text was changed since.
    """
    contract, approval = _pending(contract_id, desk, by)
    check_seen(contract, seen_hash)
    if approval.content_hash != contract.content_hash:
        raise Refused("The text is not the one that was put before this desk.")
    _decide(approval, ContractApproval.APPROVED, by=by, at=at, comment=comment)
    publish(
        ContractDeskApproved(at=at, contract_id=contract.pk, desk=desk),
        by=by,
        customer_id=contract.customer_id,
        reason=comment,
    )
    if not contract.approvals.filter(state=ContractApproval.PENDING).exists():
        contract.state = LIFECYCLE.after(ContractState(contract.state), "approve").value
        contract.save(update_fields=["state"])
        publish(
            ContractApproved(at=at, contract_id=contract.pk),
            by=by,
            customer_id=contract.customer_id,
        )
        if awaits_customer(contract):
            put_before_customer(contract, by=by, at=at)
    return contract


@transaction.atomic
def refuse_contract(
    contract_id: int, *, desk: str, by: User, at: datetime, comment: str
) -> Contract:
    """Refuse a contract with the reason; it ends here, and a revised quote starts anew."""
    _check_reason(comment)
    contract, approval = _pending(contract_id, desk, by)
    _decide(approval, ContractApproval.REFUSED, by=by, at=at, comment=comment)
    return _refuse(contract, comment, by=by, at=at)


@transaction.atomic
def refuse_countersignature(contract_id: int, *, by: User, at: datetime, comment: str) -> Contract:
    """Refuse to sign what the desks approved, with the reason; it ends here as well."""
    require(by, Permission.COUNTERSIGN_CONTRACTS)
    _check_reason(comment)
    contract = locked(Contract, contract_id)
    if contract.owner_id == by.pk:
        raise NotAllowed("Nobody countersigns their own contract.")
    if contract.state == ContractState.IN_APPROVAL.value:
        raise IllegalTransition("Its desks have not approved it yet: refuse it for one of them.")
    return _refuse(contract, comment, by=by, at=at)


@transaction.atomic
def countersign_contract(contract_id: int, *, by: User, at: datetime) -> Contract:
    """Sign for our side; the signed PDF is kept byte for byte, and the order follows at once.

    Refuses a text that deviates until the customer has signed it.
    """
    require(by, Permission.COUNTERSIGN_CONTRACTS)
    contract = locked(Contract, contract_id)
    if contract.owner_id == by.pk:
        raise NotAllowed("Nobody countersigns their own contract.")
    after = LIFECYCLE.after(ContractState(contract.state), "countersign")
    quote = accepted_quote(contract.quote_id)
    if contract.content_hash != text_hash(contract.number, contract.body, quote.content_hash):
        raise Refused("The contract's text does not fit its seal. It cannot be signed.")
    check_sealed([quote.id])
    _check_words(contract)
    if awaits_customer(contract):
        raise Refused("The text deviates from the standard: the customer has yet to sign it.")
    pdf = contract_pdf(contract, quote, signer=by, at=at)
    contract.signed_document = keep(pdf, media_type="application/pdf", at=at)
    contract.state, contract.countersigned_by, contract.countersigned_at = after.value, by, at
    contract.save(
        update_fields=["state", "countersigned_by", "countersigned_at", "signed_document"]
    )
    if contract.amends_id:
        check_amendment(quote.id, contract.amends_id)
        drop_open_renewals(contract.amends_id, reason=f"{contract} changed what runs", at=at)
    publish(
        ContractSigned(at=at, contract_id=contract.pk, quote_id=quote.id),
        by=by,
        customer_id=contract.customer_id,
        details={
            "content_hash": contract.content_hash,
            "document_sha256": contract.signed_document_id,
        },
    )
    if contract.amends_id and quote.is_cancellation:
        reason = f"Cancelled by {contract}"
        _terminate(locked(Contract, contract.amends_id), quote.starts_on, reason, by=by, at=at)
    return contract


@transaction.atomic
def terminate_contract(
    contract_id: int, *, on: date, reason: str, by: User, at: datetime
) -> Contract:
    """End a signed contract; its subscriptions end on the same day (the first day without)."""
    require(by, Permission.EDIT_CONTRACTS)
    if not reason.strip():
        raise Refused("Say why the contract is terminated.", field="reason")
    contract = locked(Contract, contract_id)
    if contract.amends_id:
        raise Refused(f"This is an amendment. Terminate {contract.amends} instead.")
    if on < contract.starts_on:
        raise Refused("The contract cannot end before it starts.", field="on")
    return _terminate(contract, on, reason, by=by, at=at)


@transaction.atomic
def give_up_renewal(contract_id: int, *, reason: str, by: User | None, at: datetime) -> Contract:
    """End a renewal on the day on which it would have begun, so that another may take its place.

    The caller revives what it replaced.
    """
    contract = locked(Contract, contract_id)
    assert contract.renews_id, "it renews a contract"
    return _terminate(contract, contract.starts_on, reason, by=by, at=at)


def _terminate(
    contract: Contract, on: date, reason: str, *, by: User | None, at: datetime
) -> Contract:
    contract.state = LIFECYCLE.after(ContractState(contract.state), "terminate").value
    contract.terminated_on, contract.termination_reason = on, reason
    contract.save(update_fields=["state", "terminated_on", "termination_reason"])
    publish(
        ContractTerminated(at=at, contract_id=contract.pk, on=on, reason=reason),
        by=by,
        customer_id=contract.customer_id,
        changes={"terminated_on": ["", on.isoformat()]},
        reason=reason,
    )
    return contract


def _check_words(contract: Contract) -> None:
    """Refuse where a desk that must be asked has not approved exactly this text."""
    words = list(contract.approvals.all())
    asked = {
        word.desk
        for word in words
        if not word.is_about_text or word.content_hash == contract.content_hash
    }
    said = {
        word.desk
        for word in words
        if word.state == ContractApproval.APPROVED and word.content_hash == contract.content_hash
    }
    if missing := asked - said:
        raise Refused(f"{min(missing).capitalize()} approved another text. It cannot be signed.")


def _check_reason(comment: str) -> None:
    if not comment.strip():
        raise Refused("Say why the contract is refused.", field="comment")


def _refuse(contract: Contract, comment: str, *, by: User, at: datetime) -> Contract:
    contract.state = LIFECYCLE.after(ContractState(contract.state), "refuse").value
    contract.save(update_fields=["state"])
    publish(
        ContractRefused(at=at, contract_id=contract.pk, quote_id=contract.quote_id, reason=comment),
        by=by,
        customer_id=contract.customer_id,
        reason=comment,
        details={"content_hash": contract.content_hash},
    )
    return contract


def _pending(contract_id: int, desk: str, by: User) -> tuple[Contract, ContractApproval]:
    if desk not in DESKS:
        raise Refused("There is no such desk.", field="desk")
    require(by, DESKS[desk])
    contract = locked(Contract, contract_id)
    if contract.owner_id == by.pk:
        raise NotAllowed("Nobody approves their own contract.")
    approval = contract.approvals.filter(desk=desk).order_by("-pk").first()
    if approval is None:
        raise Refused(f"This contract does not need the word of {desk}.")
    if approval.state != ContractApproval.PENDING or contract.state != "in_approval":
        raise Refused("This has been decided already.")
    return contract, approval


def _decide(
    approval: ContractApproval, state: str, *, by: User, at: datetime, comment: str
) -> None:
    approval.state, approval.decided_by, approval.decided_at = state, by, at
    approval.comment = comment
    approval.save(update_fields=["state", "decided_by", "decided_at", "comment"])

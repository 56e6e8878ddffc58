"""Take another wording into a contract that is being approved, or leave a clause out."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from contracts.actions.drawing import blanks_of
from contracts.events import ContractClauseSwapped
from contracts.models import (
    Clause,
    ClauseVersion,
    Contract,
    ContractApproval,
    ContractClause,
)
from contracts.queries import visible_to
from contracts.queries.clauses import choices_for, guard_of, newest_of, text_in
from contracts.rules.drafting import filled, text_hash, words_about
from contracts.rules.states import ContractState
from q2c.customers.models import Customer
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.locks import locked
from q2c.kernel.errors import NotAllowed, Refused, StaleVersion
from quotes.queries import AcceptedQuote, accepted_quote


@dataclass(frozen=True, kw_only=True)
class Swap:
    """What shall stand at a place: a listed alternate, the standard clause again, or (None) nothing.

    `seen_hash` is the hash of the text that was read.
    """

    position: int
    clause_id: int | None
    reason: str
    seen_hash: str = ""


@transaction.atomic
def swap_clause(contract_id: int, swap: Swap, *, by: User, at: datetime) -> Contract:
    """Change one clause of a contract whose text no desk has sealed yet, with the reason.

    Legal may do so; where the clause is mandatory, its approver alone. Words on the earlier text
    count no more: the desks that gave them are asked again, and legal about any deviation.
    """
    contract = locked(Contract, contract_id)
    _check_contract(contract, by=by)
    check_seen(contract, swap.seen_hash)
    place = contract.clauses.select_related("standard__clause", "used").filter(
        position=swap.position
    )
    found = place.first()
    if found is None:
        raise Refused("No clause of the library stands at this place.", field="position")
    check_may_swap(found.standard.clause, by=by)
    if not swap.reason.strip():
        raise Refused("Say why the contract deviates.", field="reason")
    quote = accepted_quote(contract.quote_id)
    if contract.content_hash != text_hash(contract.number, contract.body, quote.content_hash):
        raise Refused("The contract's text does not fit its seal. It cannot be changed.")
    before = _words(found.used)
    version = _chosen(found, swap.clause_id)
    _write(contract, found, version, quote)
    _note(found, version, swap.reason.strip(), by=by, at=at)
    asked = _ask_again(contract)
    publish(
        ContractClauseSwapped(at=at, contract_id=contract.pk, position=found.position, desks=asked),
        by=by,
        customer_id=contract.customer_id,
        changes={found.standard.clause.name: [before, _words(version)]},
        reason=swap.reason.strip(),
    )
    return contract


def check_may_swap(clause: Clause, *, by: User) -> None:
    """Refuse who may not take this clause from a contract, and say who may."""
    guard_of(clause).check("swap it or leave it out", user_id=by.pk, role=by.role)
    if not clause.is_mandatory:
        require(by, Permission.APPROVE_CONTRACTS_LEGAL)


def check_seen(contract: Contract, seen_hash: str) -> None:
    """Refuse a word on a text that was changed since it was read."""
    if seen_hash and seen_hash != contract.content_hash:
        raise StaleVersion("The text has changed since you opened the page. Read it again.")


def _check_contract(contract: Contract, *, by: User) -> None:
    if not visible_to(by).filter(pk=contract.pk).exists():
        raise NotAllowed("This contract belongs to a colleague.")
    if contract.owner_id == by.pk:
        raise NotAllowed("Nobody changes the text of their own contract.")
    if contract.state != ContractState.IN_APPROVAL.value:
        words = contract.state.replace("_", " ")
        raise Refused(f"{contract} is {words}: its text is sealed and stays as it is.")


def _chosen(place: ContractClause, clause_id: int | None) -> ClauseVersion | None:
    """Return the version to stand at a place; None leaves it empty."""
    main = place.standard.clause
    if clause_id is None:
        chosen = None
    elif clause_id == main.pk:
        chosen = place.standard
    elif clause_id in {one.pk for one in choices_for(place)}:
        chosen = newest_of([clause_id])[clause_id]
    else:
        raise Refused(f"This is not listed as an alternate of “{main}”.", field="clause")
    if chosen == place.used:
        raise Refused("This is how it stands already.", field="clause")
    return chosen


def _write(
    contract: Contract, place: ContractClause, version: ClauseVersion | None, quote: AcceptedQuote
) -> None:
    """Change the one place in the text and its hash; all other bytes stay as they were."""
    left_out = contract.clauses.filter(position__lt=place.position, used=None).count()
    index = place.position - left_out
    words = []
    if version:
        customer = Customer.objects.select_related("legal_entity").get(pk=contract.customer_id)
        language = contract.template.language
        text = text_in(version, language)
        number = f"{quote.number} v{quote.version}"
        values = blanks_of(contract, customer, quote_number=number, language=language)
        words = [{"title": text["title"], "body": filled(text["body"], values)}]
    body = [*contract.body]
    body[index : index + (1 if place.used else 0)] = words
    if not body:
        raise Refused("A contract needs at least one clause.", field="clause")
    contract.body = body
    contract.content_hash = text_hash(contract.number, body, quote.content_hash)
    contract.save(update_fields=["body", "content_hash"])


def _note(
    place: ContractClause, version: ClauseVersion | None, reason: str, *, by: User, at: datetime
) -> None:
    deviates = version != place.standard
    place.used = version
    place.reason = reason[:500] if deviates else ""
    place.changed_by, place.changed_at = (by, at) if deviates else (None, None)
    place.save(update_fields=["used", "reason", "changed_by", "changed_at"])


def _ask_again(contract: Contract) -> tuple[str, ...]:
    """Put the text as it is now before the desks; returns those that were not waiting already.

    A word that was given on exactly this text, before it was changed and changed back, holds again.
    """
    changed = contract.clauses.filter(changed_at__isnull=False).order_by("position")
    names = list(changed.values_list("standard__clause__name", flat=True))
    words = list(contract.approvals.order_by("pk"))
    reasons = {word.desk: word.reason for word in words if not word.is_about_text}
    by_policy = set(reasons)
    if names:
        reasons.setdefault("legal", words_about(names))
    waiting = {word.desk: word for word in words if word.state == ContractApproval.PENDING}
    holding = {
        word.desk
        for word in words
        if word.state == ContractApproval.APPROVED and word.content_hash == contract.content_hash
    }
    gone = [word.pk for desk, word in waiting.items() if desk in holding or desk not in reasons]
    contract.approvals.filter(pk__in=gone).delete()
    for desk in reasons.keys() - holding:
        word = waiting.get(desk) or ContractApproval(contract=contract, desk=desk)
        word.reason, word.content_hash = reasons[desk], contract.content_hash
        word.is_about_text = desk not in by_policy
        word.save()
    return tuple(sorted(reasons.keys() - holding - waiting.keys()))


def _words(version: ClauseVersion | None) -> str:
    return f"{version.clause.name} v{version.number}" if version else "left out"

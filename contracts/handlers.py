"""What this app does about facts."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation

from contracts import actions
from contracts.models import Contract, ContractApproval
from contracts.queries import DESKS
from contracts.rules.renewal import notice_by
from q2c.customers.models import PortalLink
from q2c.customers.portal import make_link, primary_contact
from q2c.identity.models import User
from q2c.identity.roles import Permission, roles_with
from q2c.infra.bus import history
from q2c.infra.mail import compose
from quotes.events import QuoteAccepted, QuoteSent

_LINK_FOR = timedelta(days=90)


def draw_up_contract(fact: QuoteAccepted) -> None:
    actions.draw_up_contract(fact.quote_id, at=fact.at)


def check_offer(fact: QuoteSent) -> None:
    """Let no offer go out that amends or renews what it no longer can."""
    actions.check_offer(fact.quote_id)


def mail_desks(fact: dict[str, Any]) -> None:
    """Tell each desk that a contract waits for its word."""
    _mail_waiting_desks(_contract(fact))


def mail_desks_again(fact: dict[str, Any]) -> None:
    """Tell the desks that a changed text waits for their word, unless they were told before."""
    contract = _contract(fact)
    _mail_waiting_desks(contract, among=fact["desks"])


def _mail_waiting_desks(contract: Contract, *, among: Collection[str] = tuple(DESKS)) -> None:
    for approval in contract.approvals.filter(state=ContractApproval.PENDING, desk__in=among):
        for person in _holders(DESKS[approval.desk], contract):
            extra = {"approval": approval, "about": approval.content_hash[:16]}
            _to_colleague("contract_to_approve", contract, person, extra)


def mail_countersigners(fact: dict[str, Any]) -> None:
    """Tell those who may countersign that a contract waits for them."""
    contract = _contract(fact)
    for person in _holders(Permission.COUNTERSIGN_CONTRACTS, contract):
        _to_colleague("contract_to_countersign", contract, person, {})


def mail_owner_refused(fact: dict[str, Any]) -> None:
    """Tell the owner who refused the contract and why."""
    contract = _contract(fact)
    told = history("contract", contract.pk).filter(name="ContractRefused").first()
    extra = {"refused_by": told.actor, "reason": fact["reason"]}
    _to_colleague("contract_refused", contract, contract.owner, extra)


def mail_signed_contract(fact: dict[str, Any]) -> None:
    """Send the customer the signed PDF and a link to it."""
    contract, now = _contract(fact), timezone.now()
    contact = primary_contact(contract.customer)
    if contact is None or contract.signed_document is None:
        return
    url = make_link(
        PortalLink.CONTRACT,
        customer_id=contract.customer_id,
        document_id=contract.pk,
        contact=contact,
        by=contract.owner,
        at=now,
        expires_at=now + _LINK_FOR,
    )
    with translation.override(contract.customer.language):
        compose(
            "contract_signed",
            {"contract": contract, "contact": contact, "url": url},
            cause=f"contract_signed:{contract.pk}",
            to=contact.email,
            to_name=contact.name,
            at=now,
            document="contract",
            document_id=contract.pk,
            customer_id=contract.customer_id,
            attachments=[(f"{contract.number}.pdf", contract.signed_document)],
        )


def mail_reminder(fact: dict[str, Any]) -> None:
    contract = _contract(fact)
    last_day = notice_by(contract.ends_on, 0)
    extra = {"days": fact["days_before"], "last_day": last_day}
    _to_colleague("renewal_reminder", contract, contract.owner, extra)


def _contract(fact: dict[str, Any]) -> Contract:
    return Contract.objects.select_related(
        "customer", "owner", "legal_entity", "signed_document"
    ).get(pk=fact["contract_id"])


def _holders(permission: Permission, contract: Contract) -> list[User]:
    roles = [role.value for role in roles_with(permission) if role.value != "administrator"]
    people = User.objects.filter(role__in=roles, is_active=True)
    return list(people.exclude(pk=contract.owner_id))


def _to_colleague(template: str, contract: Contract, person: User, extra: dict[str, Any]) -> None:
    url = settings.PUBLIC_URL + reverse("contracts:detail", args=[contract.pk])
    about = extra.get("days", extra.get("about", ""))
    compose(
        template,
        {"contract": contract, "person": person, "url": url, **extra},
        cause=f"{template}:{contract.pk}:{about}:{person.pk}",
        to=person.email,
        to_name=person.full_name,
        at=timezone.now(),
        document="contract",
        document_id=contract.pk,
        customer_id=contract.customer_id,
    )

"""What this app does about facts."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation

from contracts import actions
from contracts.documents import contract_certificate
from contracts.models import Contract, ContractApproval
from contracts.queries import DESKS
from contracts.queries.final_text import Signer, awaits_customer, signer_for
from contracts.rules.renewal import notice_by
from q2c.customers.models import PortalLink
from q2c.customers.portal import make_link, primary_contact
from q2c.identity.models import User
from q2c.identity.roles import Permission, roles_with
from q2c.infra.blobs import keep
from q2c.infra.bus import history
from q2c.infra.mail import compose
from q2c.infra.models import Blob, Mail
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
    """Tell those who may countersign that a contract waits for them, and not for the customer."""
    contract = _contract(fact)
    if awaits_customer(contract):
        return
    for person in _holders(Permission.COUNTERSIGN_CONTRACTS, contract):
        _to_colleague("contract_to_countersign", contract, person, {})


def mail_owner_refused(fact: dict[str, Any]) -> None:
    """Tell the owner who refused the contract and why."""
    contract = _contract(fact)
    told = history("contract", contract.pk).filter(name="ContractRefused").first()
    extra = {"refused_by": told.actor_label, "reason": fact["reason"]}
    _to_colleague("contract_refused", contract, contract.owner, extra)


def mail_text(fact: dict[str, Any]) -> None:
    """Send whoever signs for the customer the final text and a link of their own to sign it."""
    contract, at = _contract(fact), datetime.fromisoformat(fact["at"])
    signer = signer_for(contract)
    if signer is None or contract.text_document is None or not awaits_customer(contract):
        return
    attachment = (f"{contract.number}.pdf", contract.text_document)
    _to_customer("contract_text", contract, signer, [attachment], at=at, about=fact["at"])


def mail_signed_contract(fact: dict[str, Any]) -> None:
    """Send the customer the signed PDF with its certificate, and a link to it.

    Whoever signed for them gets it too, where that is not their first contact.
    """
    contract, now = _contract(fact), timezone.now()
    if contract.signed_document is None:
        return
    contact = primary_contact(contract.customer)
    first = Signer(contact.name, contact.email, contact, None) if contact else None
    people = {one.email.lower(): one for one in (signer_for(contract), first) if one}
    if not people:
        return
    certificate = keep(contract_certificate(contract, at=now), media_type="application/pdf", at=now)
    attachments = [
        (f"{contract.number}.pdf", contract.signed_document),
        (f"{contract.number}-certificate.pdf", certificate),
    ]
    for email, person in people.items():
        about = "" if person == first else email
        _to_customer("contract_signed", contract, person, attachments, at=now, about=about)


def _to_customer(
    template: str,
    contract: Contract,
    person: Signer,
    attachments: Sequence[tuple[str, Blob]],
    *,
    at: datetime,
    about: str,
) -> None:
    """Write to a person of the customer's, with a new link of their own; once for each cause."""
    cause = ":".join(part for part in (template, str(contract.pk), about) if part)
    # A job may run twice; a second link would live on unread.
    if Mail.objects.filter(cause=cause).exists():
        return
    url = make_link(
        PortalLink.CONTRACT,
        customer_id=contract.customer_id,
        document_id=contract.pk,
        contact=person.contact,
        by=None,
        at=at,
        expires_at=at + _LINK_FOR,
        like=person.link,
    )
    with translation.override(contract.customer.language):
        compose(
            template,
            {"contract": contract, "reader": person.name, "url": url},
            cause=cause,
            to=person.email,
            to_name=person.name,
            at=at,
            document="contract",
            document_id=contract.pk,
            customer_id=contract.customer_id,
            attachments=attachments,
        )


def mail_reminder(fact: dict[str, Any]) -> None:
    contract = _contract(fact)
    last_day = notice_by(contract.ends_on, 0)
    extra = {"days": fact["days_before"], "last_day": last_day}
    _to_colleague("renewal_reminder", contract, contract.owner, extra)


def _contract(fact: dict[str, Any]) -> Contract:
    return Contract.objects.select_related(
        "customer", "owner", "legal_entity", "signed_document", "text_document"
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

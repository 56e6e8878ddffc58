"""A text that deviates is put before the customer, who signs or declines it, before we sign."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from contracts.documents import contract_pdf
from contracts.events import (
    ContractRefused,
    ContractTextAccepted,
    ContractTextOpened,
    ContractTextSent,
)
from contracts.models import Contract, TextAcceptance
from contracts.queries import visible_to
from contracts.queries.final_text import awaits_customer, signer_for, text_acceptance_of
from contracts.rules.drafting import text_hash
from contracts.rules.states import LIFECYCLE, ContractState
from q2c.customers.models import PortalLink
from q2c.customers.portal import signs_still
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.blobs import keep
from q2c.infra.bus import history, publish
from q2c.infra.locks import locked
from q2c.kernel.errors import NotAllowed, Refused
from quotes.actions import Signature, check_signature
from quotes.queries import accepted_quote

_TOO_SOON = timedelta(minutes=1)


def put_before_customer(contract: Contract, *, by: User | None, at: datetime) -> None:
    """Keep the document of a text that waits for the customer, and have its signer mailed a link.

    Links to the contract that its signer has are dead from then on. The caller holds the lock.
    """
    signer = signer_for(contract)
    if contract.text_document_id is None:
        pdf = contract_pdf(contract, accepted_quote(contract.quote_id), signer=None, at=at)
        contract.text_document = keep(pdf, media_type="application/pdf", at=at)
        contract.save(update_fields=["text_document"])
    links = PortalLink.objects.filter(purpose=PortalLink.CONTRACT, document_id=contract.pk)
    links.filter(revoked_at=None).update(revoked_at=at)
    publish(
        ContractTextSent(at=at, contract_id=contract.pk, quote_id=contract.quote_id),
        by=by,
        customer_id=contract.customer_id,
        details={
            "to": signer.name if signer else "",
            "email": signer.email if signer else "",
            **_bytes_of(contract),
        },
    )


@transaction.atomic
def send_text(contract_id: int, *, by: User, at: datetime) -> Contract:
    """Mail whoever signs for the customer a new link to the final text; earlier ones are dead.

    The owner may, and who writes contracts; at most once a minute.
    """
    if not visible_to(by).filter(pk=contract_id).exists():
        raise NotAllowed("This contract belongs to a colleague.")
    contract = _read(contract_id)
    if contract.owner_id != by.pk:
        require(by, Permission.EDIT_CONTRACTS)
    if not awaits_customer(contract):
        raise Refused("The customer has nothing to sign here.")
    if signer_for(contract) is None:
        raise Refused("Add a contact to the customer first: the text is signed by a person.")
    sent = history("contract", contract.pk).filter(name="ContractTextSent").first()
    if sent and at - sent.at < _TOO_SOON:
        raise Refused("It was sent less than a minute ago.")
    put_before_customer(contract, by=by, at=at)
    return contract


@transaction.atomic
def open_text(
    contract_id: int, link: PortalLink, *, at: datetime, origin: Mapping[str, str | None]
) -> None:
    """Note that a reader opens a text that waits for them, the first time by each link."""
    contract = _read(contract_id)
    if not awaits_customer(contract):
        return
    seen = history("contract", contract.pk).filter(name="ContractTextOpened")
    if seen.filter(data__link_id=link.pk).exists():
        return
    publish(
        ContractTextOpened(
            at=at, contract_id=contract.pk, quote_id=contract.quote_id, link_id=link.pk
        ),
        by=None,
        label=link.reader or "Customer",
        customer_id=contract.customer_id,
        details={**link.as_evidence(), **_bytes_of(contract), **origin},
    )


@transaction.atomic
def accept_text(
    contract_id: int,
    signature: Signature,
    *,
    by: User | None,
    at: datetime,
    link: PortalLink | None = None,
) -> Contract:
    """Sign the final text for the customer, exactly as it was shown; a second click changes nothing.

    Refuses another text than the one that was read, and where nothing waits for the customer.
    """
    if by is not None:
        require(by, Permission.EDIT_QUOTES)
    contract = _read(contract_id)
    if done := text_acceptance_of(contract):
        if done.name.casefold() != signature.name.strip().casefold():
            raise Refused(_("%(name)s has signed this text already.") % {"name": done.name})
        return contract
    _check_link(link)
    _check_waits(contract)
    quote = accepted_quote(contract.quote_id)
    if contract.content_hash != text_hash(contract.number, contract.body, quote.content_hash):
        raise Refused(_("The text is not what was approved. Ask for a new one."))
    if signature.content_hash != contract.content_hash or contract.text_document_id is None:
        raise Refused(
            _("The text is not the one you were shown. Reload the page and read it again.")
        )
    check_signature(signature)
    done = TextAcceptance.objects.create(
        contract=contract,
        link=link,
        name=signature.name.strip(),
        signature_kind=signature.kind,
        signature=signature.image,
        consent=signature.consent,
        content_hash=contract.content_hash,
        document_id=contract.text_document_id,
        accepted_at=at,
        ip=signature.ip,
        user_agent=signature.user_agent[:300],
    )
    publish(
        ContractTextAccepted(at=at, contract_id=contract.pk, quote_id=contract.quote_id),
        by=by,
        label=done.name,
        customer_id=contract.customer_id,
        reason=signature.consent,
        details={
            **(link.as_evidence() if link else {}),
            **_bytes_of(contract),
            **signature.as_evidence(),
        },
    )
    return contract


@transaction.atomic
def decline_text(
    contract_id: int,
    reason: str,
    *,
    by: User | None,
    at: datetime,
    link: PortalLink | None = None,
    origin: Mapping[str, str | None] | None = None,
) -> Contract:
    """Decline the final text for the customer, with a reason: the contract ends, its owner is told."""
    if by is not None:
        require(by, Permission.EDIT_QUOTES)
    if not reason.strip():
        raise Refused(_("Please say why, in a word or two."), field="reason")
    contract = _read(contract_id)
    _check_link(link)
    _check_waits(contract)
    contract.state = LIFECYCLE.after(ContractState(contract.state), "refuse").value
    contract.save(update_fields=["state"])
    words = reason.strip()[:2000]
    publish(
        ContractRefused(at=at, contract_id=contract.pk, quote_id=contract.quote_id, reason=words),
        by=by,
        label=(link.reader if link else "") or contract.customer_signed_by,
        customer_id=contract.customer_id,
        reason=words,
        details={
            **(link.as_evidence() if link else {}),
            **_bytes_of(contract),
            **(origin or {}),
        },
    )
    return contract


def _read(contract_id: int) -> Contract:
    return locked(Contract, contract_id, "customer__legal_entity", "legal_entity", "template")


def _check_link(link: PortalLink | None) -> None:
    if link is not None and not signs_still(link):
        raise Refused(_("You may read this contract, but somebody else signs it."))


def _check_waits(contract: Contract) -> None:
    if not awaits_customer(contract):
        raise Refused(_("There is nothing to sign here any more."))


def _bytes_of(contract: Contract) -> dict[str, str | None]:
    return {
        "content_hash": contract.content_hash,
        "document_sha256": contract.text_document_id,
    }

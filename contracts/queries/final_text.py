"""Which contracts wait for the customer to sign their final text, and by whom."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contracts.models import Contract, TextAcceptance
from contracts.queries.clauses import changed_clauses, deviating
from contracts.rules.states import ContractState
from q2c.customers.models import Contact, PortalLink
from q2c.customers.portal import primary_contact
from quotes.queries import signer_of


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs for the customer, and may be written to: a contact, or a colleague by a link."""

    name: str
    email: str
    contact: Contact | None
    link: PortalLink | None


def awaiting_customer(contracts: QuerySet[Contract], *, awaits: bool = True) -> QuerySet[Contract]:
    """Keep contracts that all desks approved with a text which the customer has not signed.

    It deviates from what their acceptance brought about. Without `awaits` the others are kept.
    """
    signed = Exists(TextAcceptance.objects.filter(contract=OuterRef("pk")))
    waiting = deviating(Contract.objects.filter(state=ContractState.APPROVED.value)).exclude(signed)
    found = waiting.values("pk")
    return contracts.filter(pk__in=found) if awaits else contracts.exclude(pk__in=found)


def awaits_customer(contract: Contract) -> bool:
    """Say whether the customer has yet to sign the final text of this contract."""
    if contract.state != ContractState.APPROVED.value or text_acceptance_of(contract):
        return False
    return changed_clauses().filter(contract=contract).exists()


def text_acceptance_of(contract: Contract) -> TextAcceptance | None:
    """Return the customer's signature under the final text, where one was needed and given."""
    return TextAcceptance.objects.filter(contract=contract).first()


def signer_for(contract: Contract) -> Signer | None:
    """Return who is asked to sign: who accepted the offer, else the customer's first contact."""
    who = signer_of(contract.quote_id)
    if who.link is not None and who.link.person_email:
        return Signer(who.link.reader, who.link.reader_email, who.link.contact, who.link)
    contact = who.contact or primary_contact(contract.customer)
    return Signer(contact.name, contact.email, contact, None) if contact else None


def consent_to_text(contract: Contract) -> str:
    """Return what the customer agrees to: whose contract, how far it deviates, and which bytes.

    In the language of the moment; kept with the signature.
    """
    count = changed_clauses().filter(contract=contract).count()
    changed = ngettext("%(count)s clause", "%(count)s clauses", count) % {"count": count}
    return _(
        "I have read contract %(number)s between %(seller)s and %(customer)s in its final text, "
        "which differs from the standard text in %(changed)s, and sign it. I am authorised to do "
        "so. Document SHA-256: %(document)s."
    ) % {
        "number": contract.number,
        "seller": contract.legal_entity.name,
        "customer": contract.customer.legal_name,
        "changed": changed,
        "document": contract.text_document_id,
    }

"""Private links that people ask for: staff for a customer, customers for themselves."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from q2c.customers.events import CustomerEdited
from q2c.customers.models import Contact, Customer, PortalLink
from q2c.customers.portal import make_link, primary_contact
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.locks import locked
from q2c.infra.mail import compose
from q2c.kernel.errors import Refused

_RECENT = timedelta(days=180)
_FRESH = timedelta(days=14)


@transaction.atomic
def share_account(customer_id: int, *, by: User | None, at: datetime) -> str:
    """Return a new 14-day link to the customer's account page, for their primary contact."""
    require(by, Permission.EDIT_CUSTOMERS)
    customer = locked(Customer, customer_id)
    contact = primary_contact(customer)
    if contact is None:
        raise Refused("Add a contact first: a private link is for a person.")
    url = make_link(
        PortalLink.ACCOUNT,
        customer_id=customer_id,
        document_id=customer_id,
        contact=contact,
        by=by,
        at=at,
        expires_at=at + _FRESH,
    )
    publish(
        CustomerEdited(at=at, customer_id=customer_id),
        by=by,
        customer_id=customer_id,
        changes={"portal link": [None, f"for {contact.name}, 14 days"]},
    )
    return url


def send_fresh_links(email: str, *, at: datetime) -> int:
    """Mail each contact with this address new links to the documents they had links to.

    Only documents linked within 180 days, whose links were not revoked; returns how many mails.
    An address that nobody has gets nothing, and the caller answers alike.
    """
    contacts = Contact.objects.filter(email__iexact=email).select_related("customer")
    return sum(_send_fresh(contact, at=at) for contact in contacts)


def _send_fresh(contact: Contact, *, at: datetime) -> bool:
    known = (
        PortalLink.objects.filter(contact=contact, revoked_at=None, created_at__gte=at - _RECENT)
        .order_by("purpose", "document_id", "-id")
        .distinct("purpose", "document_id")
    )
    with translation.override(contact.customer.language):
        links = [_fresh(link, contact, at=at) for link in known[:20]]
        mail = links and compose(
            "fresh_links",
            {"contact": contact, "links": links},
            cause=f"fresh-links:{contact.pk}:{at:%Y%m%d%H}",
            to=contact.email,
            to_name=contact.name,
            at=at,
            customer_id=contact.customer_id,
        )
    return bool(mail)


def _fresh(link: PortalLink, contact: Contact, *, at: datetime) -> dict[str, str]:
    labels = {
        PortalLink.QUOTE: _("Your offer"),
        PortalLink.CONTRACT: _("Your contract"),
        PortalLink.INVOICE: _("Your invoice"),
        PortalLink.ACCOUNT: _("Your account"),
    }
    url = make_link(
        link.purpose,
        customer_id=contact.customer_id,
        document_id=link.document_id,
        contact=contact,
        by=None,
        at=at,
        expires_at=at + _FRESH,
        like=link,
    )
    return {"label": labels[link.purpose], "url": url}

"""Fresh portal links for people whose old ones ran out."""

from datetime import datetime, timedelta

from q2c.customers.models import Contact, PortalLink
from q2c.customers.portal import make_link
from q2c.infra.mail import compose

_RECENT = timedelta(days=180)
_FRESH = timedelta(days=14)


def send_fresh_links(email: str, *, at: datetime) -> int:
    """Mail each contact with this address new links to the documents they had links to.

    Only documents linked within 180 days, whose links were not revoked; returns how many mails.
    An address that nobody has gets nothing, and the caller answers alike.
    """
    sent = 0
    for contact in Contact.objects.filter(email__iexact=email).select_related("customer"):
        known = (
            PortalLink.objects.filter(
                contact=contact, revoked_at=None, created_at__gte=at - _RECENT
            )
            .order_by("purpose", "document_id", "-id")
            .distinct("purpose", "document_id")
        )
        links = [
            {
                "label": f"Your {link.purpose}",
                "url": make_link(
                    link.purpose,
                    customer_id=contact.customer_id,
                    document_id=link.document_id,
                    contact=contact,
                    by=None,
                    at=at,
                    expires_at=at + _FRESH,
                ),
            }
            for link in known[:20]
        ]
        if links and compose(
            "fresh_links",
            {"contact": contact, "links": links},
            cause=f"fresh-links:{contact.pk}:{at:%Y%m%d%H}",
            to=contact.email,
            to_name=contact.name,
            at=at,
            customer_id=contact.customer_id,
        ):
            sent += 1
    return sent
